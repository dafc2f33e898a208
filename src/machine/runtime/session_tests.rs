//! People at containers: what they see of what they type.

use std::sync::Arc;

use super::tests::Bench;
use crate::engine::CauseId;
use crate::machine::cri::*;

struct Console {
    bench: Bench,
    container: ContainerId,
    exec: ExecId,
    seen: usize,
}

fn container(image: &str) -> ContainerConfig {
    let command = ["sleep", "1000"].map(str::to_owned).to_vec();
    ContainerConfig { name: "app".into(), image: image.into(), command, ..Default::default() }
}

impl Console {
    fn exec(image: &str, argv: &[&str], live: Live) -> Self {
        let mut bench = Bench::new();
        let container = bench.start(container(image));
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        let config = ExecConfig { argv, live: Some(live), ..Default::default() };
        let exec = bench.machine.exec(bench.now, container, config, CauseId::NONE);
        Self { bench, container, exec, seen: 0 }
    }

    fn terminal(image: &str, argv: &[&str]) -> Self {
        Self::exec(image, argv, Live { stdin: true, tty: true })
    }

    fn type_in(&mut self, text: &str) -> String {
        self.bench.machine.feed(self.bench.now, self.exec, text.as_bytes(), CauseId::NONE);
        self.look()
    }

    /// What has been shown since the last look, and the exit code.
    fn look(&mut self) -> String {
        self.bench.seconds(1);
        let told = std::mem::replace(&mut self.seen, self.bench.told.len());
        let text = |event: &MachineEvent| match &event.what {
            Happening::ExecOutput { exec, bytes, .. } if *exec == self.exec => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            Happening::ExecFinished { exec, exit_code, .. } if *exec == self.exec => format!("[exit {exit_code}]"),
            Happening::ExecFailed { error, .. } => error.to_string(),
            _ => String::new(),
        };
        self.bench.told[told..].iter().map(text).collect()
    }
}

#[test]
fn a_shell_at_a_terminal_prompts_echoes_and_ends() {
    let mut console = Console::terminal("busybox:1.36", &["sh"]);
    assert_eq!(console.look(), "/ # ");
    assert_eq!(console.type_in("echo $((1+2)"), "echo $((1+2)");
    assert_eq!(console.type_in(")\r"), ")\r\n3\r\n/ # ");
    assert_eq!(console.type_in("cd /etc\r"), "cd /etc\r\n/etc # ");
    assert_eq!(console.type_in("if true\r"), "if true\r\n> ");
    assert_eq!(console.type_in("then echo yes; fi\r"), "then echo yes; fi\r\nyes\r\n/etc # ");
    assert_eq!(console.type_in("nope\r"), "nope\r\nsh: nope: not found\r\n/etc # ");
    // Three lines back in the history; what is shown on the way ends with the line and its continuation.
    assert!(console.type_in("\x1b[A\x1b[A\x1b[A\r").ends_with("\r\n> "));
    assert_eq!(console.type_in("\x03"), "^C\r\n/etc # ");
    assert_eq!(console.type_in("exit 3\r"), "exit 3\r\n[exit 3]");
}

#[test]
fn ctrl_c_ends_the_command_and_ctrl_d_the_shell() {
    let mut console = Console::terminal("busybox:1.36", &["sh"]);
    console.look();
    assert_eq!(console.type_in("sleep 100\r"), "sleep 100\r\n");
    assert_eq!(console.type_in("\x03"), "^C\r\n/ # ");
    assert_eq!(console.type_in("echo $?\r"), "echo $?\r\n130\r\n/ # ");
    assert_eq!(console.type_in("cat\r"), "cat\r\n");
    assert_eq!(console.type_in("mew\r"), "mew\r\nmew\r\n");
    assert_eq!(console.type_in("\x04"), "/ # ");
    assert_eq!(console.type_in("\x04"), "\r\n[exit 0]");
    let mut console = Console::terminal("busybox:1.36", &["sleep", "100"]);
    console.look();
    assert_eq!(console.type_in("\x03"), "^C[exit 130]");
}

#[test]
fn each_family_has_its_prompt() {
    let mut bash = Console::terminal("nginx:1.27", &["bash"]);
    assert_eq!(bash.look(), "root@pod:/# ");
    assert_eq!(bash.type_in("exit\r"), "exit\r\nexit\r\n[exit 0]");
    let mut dash = Console::terminal("nginx:1.27", &["sh"]);
    assert_eq!(dash.look(), "# ");
    assert_eq!(dash.type_in("nope\r"), "nope\r\nsh: 1: nope: not found\r\n# ");
}

#[test]
fn a_pipe_feeds_commands_one_by_one() {
    let live = Live { stdin: true, tty: false };
    let mut console = Console::exec("busybox:1.36", &["sh"], live);
    assert_eq!(console.look(), "");
    assert_eq!(console.type_in("echo one\nread x; echo \"<$x>\"\nrest of it\ncat <<E\n"), "one\n<rest of it>\n");
    assert_eq!(console.type_in("here\nE\nfalse\n"), "here\n");
    console.bench.machine.end_input(console.bench.now, console.exec);
    assert_eq!(console.look(), "[exit 1]");
}

#[test]
fn whoever_attaches_sees_what_comes_and_types_into_it() {
    let mut bench = Bench::new();
    let command = ["sh"].map(str::to_owned).to_vec();
    let config = ContainerConfig { command, stdin: true, tty: true, ..container("busybox:1.36") };
    let container = bench.start(config);
    bench.seconds(1);
    let exec = bench.machine.attach(bench.now, container, true, CauseId::NONE).unwrap();
    let mut console = Console { bench, container, exec, seen: 0 };
    assert_eq!(console.look(), "");
    assert_eq!(console.type_in("echo hi\r"), "echo hi\r\nhi\r\n/ # ");
    assert_eq!(console.type_in("exit 4\r"), "exit 4\r\n[exit 0]");
    let exit = console.bench.machine.container_status(console.container).unwrap().exit.unwrap();
    assert_eq!(exit.code, 4);
    let lines: Vec<Arc<str>> =
        console.bench.machine.logs(console.container).map(|line| Arc::clone(&line.text)).collect();
    assert_eq!(lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>(), ["/ # echo hi", "hi", "/ # exit 4"]);
}

#[test]
fn the_first_who_leaves_takes_the_input_along() {
    let mut bench = Bench::new();
    let command = ["cat"].map(str::to_owned).to_vec();
    let config = ContainerConfig { command, stdin: true, stdin_once: true, ..container("busybox:1.36") };
    let container = bench.start(config);
    let exec = bench.machine.attach(bench.now, container, true, CauseId::NONE).unwrap();
    let mut console = Console { bench, container, exec, seen: 0 };
    assert_eq!(console.type_in("data\n"), "data\n");
    console.bench.machine.end_input(console.bench.now, exec);
    assert_eq!(console.look(), "[exit 0]");
}

#[test]
fn tar_takes_files_out_and_brings_them_in() {
    let live = Live { stdin: true, tty: false };
    let mut console = Console::exec("busybox:1.36", &["tar", "cf", "-", "/etc/hostname"], live);
    console.bench.seconds(1);
    let archive = console.bench.told.iter().find_map(|event| match &event.what {
        Happening::ExecOutput { bytes, stream: LogStream::Stdout, .. } => Some(bytes.to_vec()),
        _ => None,
    });
    let archive = archive.unwrap();
    assert_eq!((archive.len(), &archive[..12]), (10_240, &b"etc/hostname"[..]));
    let argv = ["tar", "-xmf", "-", "-C", "/tmp"].map(str::to_owned).to_vec();
    let config = ExecConfig { argv, live: Some(live), ..Default::default() };
    let (now, container) = (console.bench.now, console.container);
    let exec = console.bench.machine.exec(now, container, config, CauseId::NONE);
    console.bench.machine.feed(now, exec, &archive, CauseId::NONE);
    console.bench.machine.end_input(now, exec);
    console.exec = exec;
    assert_eq!(console.look(), "[exit 0]");
    let argv = ["cat", "/tmp/etc/hostname"].map(str::to_owned).to_vec();
    let config = ExecConfig { argv, live: Some(live), ..Default::default() };
    console.exec = console.bench.machine.exec(console.bench.now, container, config, CauseId::NONE);
    assert_eq!(console.look(), "pod\n[exit 0]");
}
