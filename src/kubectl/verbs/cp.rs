//! `kubectl cp`: files of the learner to and from a container, through `tar` in the container.
//!
//! Source: `kubectl/pkg/cmd/cp/cp.go`. **Not modelled.** Files of the learner that are no text.

use std::sync::Arc;

use crate::apiserver::{Body, ExecOptions, Subresource, Verb};
use crate::kubectl::archive;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta, ObjectKey, Pod};

use super::{containers, exec};

/// Its flags.
pub const FLAGS: &[&str] = &["c:container", "!no-preserve", "#retries"];

/// Where a file is.
#[derive(Clone, Debug)]
enum Place {
    Here(String),
    There { namespace: Option<String>, pod: String, path: String },
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let [from, to] = &flags.args[..] else {
        return Err(Failure::text_of("source and destination are required"));
    };
    match (place(from)?, place(to)?) {
        (Place::There { .. }, Place::There { .. }) => {
            Err(Failure::text_of("one of src or dest must be a local file specification"))
        }
        (Place::Here(_), Place::Here(_)) => {
            Err(Failure::text_of("one of src or dest must be a remote file specification"))
        }
        (Place::Here(here), Place::There { namespace, pod, path }) => {
            let inside = Inside::find(session, flags, namespace, &pod)?;
            inside.bring(session, &here, &path)
        }
        (Place::There { namespace, pod, path }, Place::Here(here)) => {
            let inside = Inside::find(session, flags, namespace, &pod)?;
            inside.fetch(session, &path, &here)
        }
    }
}

fn place(word: &str) -> Result<Place, Failure> {
    let Some((pod, path)) = word.split_once(':') else { return Ok(Place::Here(word.to_owned())) };
    let wrong = || Failure::text_of("filespec must match the canonical format: [[namespace/]pod:]file/path");
    let (namespace, pod) = match pod.split_once('/') {
        Some((namespace, pod)) => (Some(namespace.to_owned()), pod),
        None => (None, pod),
    };
    if pod.is_empty() || pod.contains('/') || path.is_empty() {
        return Err(wrong());
    }
    Ok(Place::There { namespace, pod: pod.to_owned(), path: path.to_owned() })
}

/// A container.
struct Inside {
    namespace: Arc<str>,
    pod: String,
    container: String,
}

impl Inside {
    fn find(session: &mut Session<'_>, flags: &Flags, namespace: Option<String>, pod: &str) -> Result<Self, Failure> {
        let namespace = namespace.map_or_else(|| session.namespace(), Arc::from);
        let object = session.get(&ObjectKey::new(Kind::Pod, Arc::clone(&namespace), pod))?;
        let Some(found) = object.get::<Pod>() else { return Err(Failure::text_of("the server answered with no Pod")) };
        let container = containers::choose(session, found, flags.text("container"), false)?;
        Ok(Self { namespace, pod: found.metadata.name().to_owned(), container })
    }

    /// Runs a command in the container; what it wrote to its standard output, and how it ended.
    fn exec(
        &self,
        session: &mut Session<'_>,
        command: &[&str],
        stdin: Option<Arc<str>>,
    ) -> Result<(Vec<u8>, i32), Failure> {
        let options = ExecOptions {
            container: Some(self.container.as_str().into()),
            command: command.iter().map(|word| Arc::from(*word)).collect(),
            stdin,
            ..ExecOptions::default()
        };
        let request = session.request(Verb::Create, Kind::Pod, &self.namespace).named(self.pod.as_str());
        let handle = session.send(request.part(Subresource::Exec).body(Body::Exec(options)));
        exec::collect(session, handle)
    }

    /// Files of the learner into the container.
    fn bring(&self, session: &mut Session<'_>, here: &str, path: &str) -> Result<(), Failure> {
        let here = here.trim_start_matches("./").trim_end_matches('/');
        let folder = format!("{here}/");
        let files = &session.workspace().files;
        let meant = |name: &str| name == here || name.starts_with(&folder) || here == ".";
        let files: Vec<(String, Arc<str>)> =
            files.iter().filter(|(name, _)| meant(name)).map(|(name, text)| (name.clone(), Arc::clone(text))).collect();
        if files.is_empty() {
            return Err(Failure::text_of(format!("{here} doesn't exist in local filesystem")));
        }
        let (_, is_no_folder) = self.exec(session, &["test", "-d", path], None)?;
        let base = here.rsplit('/').next().unwrap_or(here);
        let whole = if is_no_folder == 0 { format!("{}/{base}", path.trim_end_matches('/')) } else { path.to_owned() };
        let (parent, name) = whole.rsplit_once('/').map_or((".", whole.as_str()), |(parent, name)| (parent, name));
        let packed = files.iter().map(|(file, text)| {
            let below = file.strip_prefix(here).unwrap_or(file);
            (format!("{name}{below}"), text.as_bytes())
        });
        let packed: Vec<_> = packed.collect();
        let archive = archive::pack(packed.iter().map(|(name, bytes)| (name.as_str(), *bytes)));
        let archive = archive.and_then(|archive| String::from_utf8(archive).ok());
        let Some(archive) = archive else { return Err(Failure::text_of("a path is too long for an archive")) };
        let parent = if parent.is_empty() { "/" } else { parent };
        match self.exec(session, &["tar", "-xmf", "-", "-C", parent], Some(archive.into()))? {
            (_, 0) => Ok(()),
            (_, code) => Err(ended(session, code)),
        }
    }

    /// Files of the container to the learner.
    fn fetch(&self, session: &mut Session<'_>, path: &str, here: &str) -> Result<(), Failure> {
        let (archive, code) = self.exec(session, &["tar", "cf", "-", path], None)?;
        if code != 0 {
            return Err(ended(session, code));
        }
        let prefix = path.trim_start_matches('/').trim_end_matches('/');
        let base = prefix.rsplit('/').next().unwrap_or(prefix);
        let here = here.trim_start_matches("./");
        let to = match here {
            "" | "." => base.to_owned(),
            folder if folder.ends_with('/') => format!("{folder}{base}"),
            other => other.to_owned(),
        };
        for (name, bytes) in archive::unpack(&archive) {
            let below = name.trim_start_matches('/').strip_prefix(prefix).unwrap_or(&name).to_owned();
            let Ok(text) = String::from_utf8(bytes) else {
                return Err(Failure::text_of(format!("{name} is no text, and podlab keeps only files of text")));
            };
            session.write_file(&format!("{to}{below}"), &text);
        }
        Ok(())
    }
}

fn ended(session: &mut Session<'_>, code: i32) -> Failure {
    session.err_line(&format!("command terminated with exit code {code}"));
    Failure::Exit(code)
}
