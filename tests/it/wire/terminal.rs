//! The real kubectl in a terminal of its own, as a person has it.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::{Ran, Served};

const SIZE: PtySize = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
const PATIENCE: Duration = Duration::from_secs(60);

impl Served {
    /// Runs the real kubectl in a terminal. Each of `keys` is typed when its sign has come, after the one before.
    pub(super) fn in_terminal(&self, line: &str, keys: &[(&str, &str)]) -> Ran {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &format!("exec \"$KUBECTL\" {line}")]);
        for (name, value) in self.surroundings() {
            command.env(name, value);
        }
        command.cwd(self.folder.path());
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (mut output, mut input) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let (sender, pieces) = mpsc::channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                if sender.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (begun, mut out, mut seen) = (Instant::now(), String::new(), 0);
        let mut keys = keys.iter();
        let mut next = keys.next();
        loop {
            match pieces.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(piece) => out.push_str(&String::from_utf8_lossy(&piece)),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    drop(child.kill());
                    panic!("kubectl {line}\ndoes not end; it waits for {next:?} and said:\n{out}");
                }
            }
            while let Some((sign, typed)) = next
                && let Some(at) = out[seen..].find(sign)
            {
                seen += at + sign.len();
                input.write_all(typed.as_bytes()).unwrap();
                next = keys.next();
            }
        }
        assert!(next.is_none(), "kubectl {line}\nnever said {next:?}:\n{out}");
        Ran { out, code: i32::try_from(child.wait().unwrap().exit_code()).unwrap() }
    }
}
