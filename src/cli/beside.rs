//! The API beside the app: the wire and the learner's shell, as the app's world outside.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::session::Session;
use crate::tui::outside::{Errand, Outside};
use crate::wire::gate::{self, Gate};
use crate::wire::identity::Identity;
use crate::wire::kubeconfig;
use crate::wire::server::Server;

use super::surroundings;

/// The wire, once someone has asked for it.
#[derive(Default)]
pub struct Beside {
    open: Option<Open>,
}

struct Open {
    gate: Gate,
    kubeconfig: PathBuf,
    // Dropping the server ends it.
    _server: Server,
}

impl Outside for Beside {
    fn open(&mut self) -> Result<PathBuf, String> {
        if let Some(open) = &self.open {
            return Ok(open.kubeconfig.clone());
        }
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let identity = Identity::new(address.ip()).map_err(|error| error.to_string())?;
        let (door, gate) = gate::open();
        let server = Server::start(address, &identity, door).map_err(|error| format!("cannot listen: {error}"))?;
        let kubeconfig = surroundings::kubeconfig_file();
        let url = format!("https://{}", server.address());
        kubeconfig::write(&kubeconfig, &kubeconfig::text(&identity, &url))
            .map_err(|error| format!("cannot write {}: {error}", kubeconfig.display()))?;
        self.open = Some(Open { gate, kubeconfig: kubeconfig.clone(), _server: server });
        Ok(kubeconfig)
    }

    fn kubeconfig(&self) -> Option<&Path> {
        self.open.as_ref().map(|open| open.kubeconfig.as_path())
    }

    fn pump(&mut self, session: Option<&mut Session>) -> bool {
        let Some(open) = &mut self.open else { return false };
        match session {
            Some(session) => open.gate.pump(session),
            None => {
                open.gate.refuse();
                false
            }
        }
    }

    fn cut(&mut self) {
        if let Some(open) = &mut self.open {
            open.gate.cut();
        }
    }

    fn shell(&mut self, greeting: &str) -> Result<Box<dyn Errand>, String> {
        let path = self.kubeconfig().ok_or("the API is not answered yet")?;
        let shell =
            surroundings::variable("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into());
        println_to_terminal(greeting);
        let child = Command::new(&shell).env("KUBECONFIG", path).env("PODLAB_SHELL", "1").spawn();
        child
            .map(|child| Box::new(Shell(child)) as Box<dyn Errand>)
            .map_err(|error| format!("cannot start {shell}: {error}"))
    }
}

#[expect(clippy::print_stdout, reason = "the terminal belongs to the shell by now, and this is its first line")]
fn println_to_terminal(text: &str) {
    println!("{text}");
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            // A kubeconfig to a server that is gone is of no use; its folder is its own.
            drop(std::fs::remove_file(&open.kubeconfig));
            drop(open.kubeconfig.parent().map(std::fs::remove_dir));
        }
    }
}

/// A shell that has the terminal.
struct Shell(Child);

impl Errand for Shell {
    fn is_over(&mut self) -> bool {
        // One that cannot be asked is taken to have ended.
        !matches!(self.0.try_wait(), Ok(None))
    }
}
