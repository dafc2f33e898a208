//! Streams with the real kubectl: exec, attach, cp, port-forward, debug, logs that go on; and that they can be replayed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use podlab::engine::{Journal, SimDuration};
use podlab::session::history::history;
use podlab::session::{Input, Session};

use super::{Served, kubectl};

/// What kubectl says before it shows what an attached container writes.
const HINT: &str = "try pressing enter.";
/// The prompt of a shell of busybox.
const ASH: &str = "/ # ";

/// A cluster with one Pod of nginx, ready.
fn with_web() -> Option<Served> {
    let served = Served::start(kubectl()?);
    says(&served, "run web --image=nginx --labels=app=web", "pod/web created");
    says(&served, "wait pod/web --for=condition=Ready --timeout=60s", "condition met");
    Some(served)
}

fn says(served: &Served, line: &str, wanted: &str) -> String {
    let ran = served.run(line);
    assert!(ran.out.contains(wanted) && ran.code == 0, "kubectl {line}\nwanted: {wanted}\n{ran:?}");
    ran.out
}

/// A kubectl that goes on until it is ended, and what it prints.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(served: &Served, line: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec \"$KUBECTL\" {line} 2>&1")])
            .envs(served.surroundings())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line with this in it.
    fn line(&mut self, wanted: &str) -> String {
        let mut all = String::new();
        loop {
            let before = all.len();
            assert!(self.lines.read_line(&mut all).unwrap() > 0, "{wanted:?} never came:\n{all}");
            if all[before..].contains(wanted) {
                return all[before..].trim_end().to_owned();
            }
        }
    }

    /// Forwards to a port of the Pod; the local one is any that is free.
    fn forward(served: &Served, target: &str) -> (Self, u16) {
        let mut forward = Self::start(served, &format!("port-forward {target}"));
        let said = forward.line("Forwarding from 127.0.0.1:");
        let port = said.split(':').nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
        (forward, port)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asks for a page; what came back, or nothing when the connection was closed.
fn page(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    drop(stream.read_to_string(&mut text));
    text
}

#[test]
fn a_command_has_a_terminal_or_pipes() {
    let Some(served) = with_web() else { return };
    let keys = [
        ("# ", "echo hello there\r"),
        ("\nhello there", "sleep 1000\r"),
        ("sleep 1000", "\x03"),
        ("# ", "cat\r"),
        ("cat", "back\r"),
        ("\nback", "\x04"),
        ("# ", "echo $((20 + 22))\r"),
        ("\n42", "exit 3\r"),
    ];
    let ran = served.in_terminal("exec -it web -- sh", &keys);
    assert!(ran.out.contains("command terminated with exit code 3") && ran.code == 3, "{ran:?}");
    let ran = served.in_terminal("exec -it web -- bash", &[("root@web:/# ", "echo $0\r"), ("root@web:/# ", "\x04")]);
    assert!(ran.out.contains("\nbash\r\n") && ran.code == 0, "{ran:?}");

    let ran = served.run("exec web -- sh -c 'echo out; echo err >&2; exit 4'");
    // kubectl copies the two streams side by side.
    assert!(ran.out.contains("out\n") && ran.out.contains("err\n") && ran.code == 4, "{ran:?}");
    assert!(ran.out.ends_with("command terminated with exit code 4\n"), "{ran:?}");
    let ran = served.run_with("exec -i web -- sh -c 'read line; echo \"<$line>\"'", "what is read\n");
    assert_eq!(ran.out, "<what is read>\n");
    let ran = served.run("exec web -- nonsense");
    assert!(ran.out.contains("exec: \"nonsense\": executable file not found in $PATH"), "{ran:?}");
}

#[test]
fn people_attach_to_what_runs() {
    let Some(served) = with_web() else { return };
    let keys = [(HINT, "\r"), (ASH, "echo $HOSTNAME\r"), ("\nbox\r", "exit\r")];
    let ran = served.in_terminal("run box --image=busybox -it --rm -- sh", &keys);
    assert!(ran.out.contains("pod \"box\" deleted") && ran.code == 0, "{ran:?}");

    says(&served, "run shell --image=busybox -i --tty --attach=false -- sh", "pod/shell created");
    says(&served, "wait pod/shell --for=condition=Ready --timeout=60s", "condition met");
    let keys = [(HINT, "\r"), (ASH, "name=value\r"), (ASH, "echo it is $name; exit\r")];
    let ran = served.in_terminal("attach -it shell", &keys);
    assert!(ran.out.contains("it is value"), "{ran:?}");

    // Ctrl-P Ctrl-Q leaves the container as it is, where kubectl knows that.
    says(&served, "run stays --image=busybox -i --tty --attach=false -- sh", "pod/stays created");
    says(&served, "wait pod/stays --for=condition=Ready --timeout=60s", "condition met");
    if served.run("attach --help").out.contains("--detach-keys") {
        let ran = served.in_terminal("attach -it stays", &[(HINT, "\r"), (ASH, "\x10\x11")]);
        assert_eq!(ran.code, 0, "{ran:?}");
        says(&served, "get pod stays", "1/1     Running   0");
    }

    let ran = served.run("run once --image=busybox --restart=Never --attach -- sh -c 'sleep 1; echo told; exit 5'");
    assert!(ran.out.contains("told") && ran.code == 5, "{ran:?}");
    let counts = "run counter --image=busybox -- sh -c 'while sleep 1; do echo again; done'";
    says(&served, counts, "pod/counter created");
    says(&served, "wait pod/counter --for=condition=Ready --timeout=60s", "condition met");
    assert_eq!(Running::start(&served, "attach counter").line("again"), "again");
}

#[test]
fn files_are_copied_both_ways() {
    let Some(served) = with_web() else { return };
    let here = |name: &str| served.folder.path().join(name);
    let bytes: Vec<u8> = (0..200_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::create_dir_all(here("there/deep")).unwrap();
    std::fs::write(here("there/deep/noise"), &bytes).unwrap();
    std::fs::write(here("there/page"), "a page\n").unwrap();
    says(&served, "cp there web:/tmp/", "");
    says(&served, "exec web -- cat /tmp/there/page", "a page\n");
    says(&served, "cp web:/tmp/there back", "");
    assert_eq!(std::fs::read(here("back/deep/noise")).unwrap(), bytes);
    says(&served, "cp there/page web:/usr/share/nginx/html/index.html", "");
    says(&served, "cp web:/usr/share/nginx/html/index.html again", "");
    assert_eq!(std::fs::read_to_string(here("again")).unwrap(), "a page\n");
    // What kubectl cp says of it depends on whether it sees the end of the archive or that of the command first.
    let ran = served.run("exec web -- tar cf - /none");
    assert!(ran.out.contains("tar: /none: Cannot stat: No such file or directory") && ran.code == 2, "{ran:?}");
}

#[test]
fn ports_are_forwarded() {
    let Some(served) = with_web() else { return };
    let (mut forward, port) = Running::forward(&served, "pod/web :80");
    let text = page(port, "/");
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("Welcome to nginx!"), "{text}");
    assert!(page(port, "/none").starts_with("HTTP/1.1 404 Not Found\r\n"));
    forward.line("Handling connection for");
    // Several at a time, each over several requests.
    let several: Vec<_> = (0..8).map(|_| std::thread::spawn(move || page(port, "/"))).collect();
    for one in several {
        assert!(one.join().unwrap().contains("Welcome to nginx!"));
    }
    says(&served, "expose pod web --port=8080 --target-port=80", "service/web exposed");
    let (_service, port) = Running::forward(&served, "service/web :8080");
    assert!(page(port, "/").contains("Welcome to nginx!"));

    // By way of the API server, too.
    let service = "get --raw /api/v1/namespaces/default/services/web:8080/proxy/";
    says(&served, service, "Welcome to nginx!");
    says(&served, "get --raw /api/v1/namespaces/default/pods/web/proxy/index.html", "Welcome to nginx!");
    let ran = served.run("get --raw /api/v1/namespaces/default/pods/web:81/proxy/");
    let refused = "Error from server (ServiceUnavailable): error trying to reach service: dial tcp 10.244.";
    assert!(ran.out.contains(refused) && ran.out.contains(":81: connect: connection refused"), "{ran:?}");
    let ran = served.run("get --raw /api/v1/namespaces/default/services/web:9/proxy/");
    assert!(ran.out.contains("no service port \"9\" found for service \"web\""), "{ran:?}");

    let (mut refused, port) = Running::forward(&served, "pod/web :81");
    assert_eq!(page(port, "/"), "");
    let said = refused.line("an error occurred forwarding");
    assert!(said.contains("connection refused"), "{said}");
}

#[test]
fn what_runs_can_be_looked_into() {
    let Some(served) = with_web() else { return };
    let keys = [(HINT, "\r"), (ASH, "ps\r"), ("nginx", "wget -qO- localhost | grep Thank\r"), ("Thank you", "exit\r")];
    let ran = served.in_terminal("debug -it web --image=busybox --target=web -c looker", &keys);
    assert!(ran.out.contains("the ephemeral container will not be restarted") && ran.code == 0, "{ran:?}");
    served.until("describe pod web", "Completed");
    says(&served, "get pod web -o jsonpath={.spec.ephemeralContainers[*].name}", "looker");
    says(&served, "get pod web", "1/1     Running");

    let line = "debug -it web --image=busybox --copy-to=copy --share-processes";
    let keys = [(HINT, "\r"), (ASH, "ps\r"), ("nginx", "exit\r")];
    let ran = served.in_terminal(line, &keys);
    assert_eq!(ran.code, 0, "{ran:?}");
    says(&served, "get pod copy -o jsonpath={.spec.containers[*].image}", "nginx busybox");

    let keys = [(HINT, "\r"), (ASH, "ls /host\r"), ("etc", "exit\r")];
    let ran = served.in_terminal("debug node/node-1 -it --image=busybox", &keys);
    assert!(ran.out.contains("Creating debugging pod node-debugger-node-1-") && ran.code == 0, "{ran:?}");
}

#[test]
fn logs_go_on_and_are_cut() {
    let Some(served) = with_web() else { return };
    let counts = "run counter --image=busybox -- sh -c 'while true; do i=$((i+1)); echo line $i; sleep 1; done'";
    says(&served, counts, "pod/counter created");
    says(&served, "wait pod/counter --for=condition=Ready --timeout=60s", "condition met");
    let mut follows = Running::start(&served, "logs -f counter");
    for number in 1..=3 {
        assert_eq!(follows.line("line"), format!("line {number}"));
    }
    let all = served.run("logs counter").out;
    assert!(all.starts_with("line 1\nline 2\nline 3\n"), "{all}");
    assert_eq!(served.run("logs counter --tail=1").out.lines().count(), 1);
    assert!(served.run("logs counter --since=2s").out.lines().count() <= 3);
    let stamped = says(&served, "logs counter --timestamps --limit-bytes=60", "Z line 1\n");
    assert_eq!(stamped.len(), 60, "{stamped}");
    let labelled = says(&served, "logs -l app=web --all-containers --prefix --tail=1", "[pod/web/web] ");
    assert_eq!(labelled.lines().count(), 1);
    let ran = served.run("logs counter --previous");
    assert!(ran.out.contains("previous terminated container \"counter\" in pod \"counter\" not found"), "{ran:?}");
    let ends = "run fails --image=busybox -- sh -c 'echo once more; exit 1'";
    says(&served, ends, "pod/fails created");
    served.until("get pod fails", "CrashLoopBackOff");
    says(&served, "logs fails --previous", "once more\n");
}

#[test]
fn clients_of_spdy_are_told_why_not() {
    let Some(served) = with_web() else { return };
    let ran = served.run_after("export KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false;", "exec web -- ls");
    assert!(ran.out.contains("podlab answers streams over WebSockets only") && ran.code != 0, "{ran:?}");
    let ran = served.run_after("export KUBECTL_PORT_FORWARD_WEBSOCKETS=false;", "port-forward web :80");
    assert!(ran.out.contains("podlab answers streams over WebSockets only") && ran.code != 0, "{ran:?}");
}

#[test]
fn what_was_typed_and_forwarded_can_be_replayed() {
    let Some(served) = with_web() else { return };
    let typed = [("# ", "echo written > /tmp/file; sleep 1\r"), ("# ", "exit\r")];
    assert_eq!(served.in_terminal("exec -it web -- sh", &typed).code, 0);
    let keys = [(HINT, "\r"), (ASH, "echo attached; exit\r")];
    assert_eq!(served.in_terminal("run box --image=busybox -it --restart=Never -- sh", &keys).code, 0);
    let (forward, port) = Running::forward(&served, "pod/web :80");
    assert!(page(port, "/").contains("Welcome"));
    drop(forward);
    let keys = [(HINT, "\r"), (ASH, "exit\r")];
    assert_eq!(served.in_terminal("debug -it web --image=busybox --target=web", &keys).code, 0);
    says(&served, "logs web --tail=1", "");

    let (live, again, middle) = served.with(|session| {
        let text = serde_json::to_string(session.journal()).unwrap();
        let journal: Journal<Input> = serde_json::from_str(&text).unwrap();
        let has = |is: fn(&Input) -> bool| journal.entries().iter().any(|entry| is(&entry.input));
        assert!(has(|input| matches!(input, Input::StreamData { .. })));
        assert!(has(|input| matches!(input, Input::Forward { request: Some(_), .. })));
        assert!(has(|input| matches!(input, Input::Resize { .. })));
        let mut replay = Session::open(std::sync::Arc::clone(session.scenario()), session.seed()).unwrap();
        for entry in journal.entries() {
            replay.run_until(entry.at);
            replay.submit(entry.input.clone());
        }
        replay.run_until(session.present());
        let live = history(session.cluster());
        // In the middle of it too.
        let at = session.present().saturating_sub(SimDuration::from_secs(3));
        session.look_at(at);
        let past = history(session.cluster());
        session.look_at_present();
        let upto: Vec<_> = live.marks().iter().filter(|mark| mark.at <= at).cloned().collect();
        let middle = past.marks().to_vec() == upto;
        (live, history(replay.cluster()), middle)
    });
    assert_eq!(live.first_divergence(&again).map(|parting| parting.to_string()), None);
    assert!(middle, "looking back shows another past");
}
