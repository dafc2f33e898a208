//! Transcripts: a script in, a timeline of lines and the exit out. And the same scripts through the machine's own shells.

use std::process::Command;

use crate::engine::SimDuration;
use crate::machine::cri::{ContainerConfig, ContainerId, ExecConfig, Happening};
use crate::machine::runtime::tests::Bench;
use crate::machine::signal::Signal;

fn container(image: &str, command: &[&str]) -> ContainerConfig {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    ContainerConfig { name: "app".into(), image: image.into(), command, ..Default::default() }
}

fn start(bench: &mut Bench, script: &str) -> ContainerId {
    bench.start(container("busybox:1.36", &["sh", "-c", script]))
}

/// Runs a script for a minute, sending TERM after `term_after` seconds.
fn timeline(script: &str, term_after: Option<u64>) -> String {
    let mut bench = Bench::new();
    let id = start(&mut bench, script);
    if let Some(seconds) = term_after {
        bench.seconds(seconds);
        bench.signal(id, Signal::Term);
    }
    bench.seconds(60);
    bench.timeline(id)
}

#[test]
fn a_trap_waits_for_the_foreground_command() {
    let script = "trap 'echo got TERM, cleaning up; exit 7' TERM; echo up; while :; do sleep 1; done";
    insta::assert_snapshot!(timeline(script, Some(3)), @r"
    +0.000s up
    +4.000s got TERM, cleaning up
    +4.000s exit 7 Error
    ");
    insta::assert_snapshot!(timeline("trap 'echo T; exit 0' TERM; sleep 6; echo never", Some(1)), @r"
    +6.000s T
    +6.000s exit 0 Completed
    ");
}

#[test]
fn wait_is_interrupted_at_once_and_the_child_can_be_told() {
    let script = "trap 'kill -TERM $c; wait $c; echo child $?; exit' TERM; sleep 100 & c=$!; wait $c";
    insta::assert_snapshot!(timeline(script, Some(2)), @r"
    +2.000s Terminated
    +2.000s child 143
    +2.000s exit 143 Error
    ");
    insta::assert_snapshot!(timeline("trap 'echo T' TERM; sleep 5 & wait $!; echo wait $?; wait; echo done $?", Some(2)), @r"
    +2.000s T
    +2.000s wait 143
    +5.000s done 0
    +5.000s exit 0 Completed
    ");
}

#[test]
fn pid_one_without_a_trap_does_not_hear_and_its_child_neither() {
    let mut bench = Bench::new();
    let id = start(&mut bench, "echo up; sleep 300; echo never");
    bench.seconds(2);
    bench.signal(id, Signal::Term);
    bench.seconds(4);
    let fate = &bench.machine.signal_fates(id)[0];
    assert_eq!(fate.fate, crate::machine::cri::Fate::IgnoredByPidOne);
    assert_eq!(fate.not_forwarded_to, ["2 sleep 300".into()]);
    bench.signal(id, Signal::Kill);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +0.000s up
    +6.000s exit 137 Error
    ");
}

#[test]
fn exec_puts_the_command_in_the_place_of_the_shell() {
    let mut bench = Bench::new();
    let id = start(&mut bench, "echo up; exec podlab-nothing || true");
    bench.seconds(1);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +0.000s up
    +0.000s sh: exec: line 0: podlab-nothing: not found
    +0.000s exit 127 Error
    ");
    let id = bench.start(container("debian", &["sh", "-c", "exec sleep 100"]));
    bench.seconds(1);
    let sandbox = bench.sandbox_of(id);
    let processes = bench.machine.processes(sandbox);
    assert_eq!(
        processes.iter().map(|process| (process.pid, &*process.command)).collect::<Vec<_>>(),
        [(1, "sleep 100")]
    );
}

#[test]
fn only_some_shells_replace_themselves_by_their_last_command() {
    let first = |image: &str, shell: &str| {
        let mut bench = Bench::new();
        let id = bench.start(container(image, &[shell, "-c", "sleep 9"]));
        bench.seconds(1);
        bench.machine.processes(bench.sandbox_of(id))[0].command.to_string()
    };
    assert_eq!(first("debian", "sh"), "sh -c sleep 9");
    assert_eq!(first("debian", "bash"), "sleep 9");
    assert_eq!(first("busybox", "sh"), "sleep 9");
}

#[test]
fn an_unknown_command_fails_as_in_a_shell_and_podlab_says_its_own() {
    let mut bench = Bench::new();
    let id = start(&mut bench, "nginxx");
    bench.seconds(1);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +0.000s sh: nginxx: not found
    +0.000s exit 127 Error
    ");
    assert!(bench.told.iter().any(|event| matches!(event.what, Happening::NotModelled { .. })));
}

#[test]
fn a_process_that_eats_zeros_is_killed_for_its_memory() {
    let mut bench = Bench::new();
    let config = ContainerConfig {
        memory_limit: Some(24 << 20),
        ..container("busybox", &["sh", "-c", "echo begin; exec tail /dev/zero"])
    };
    let id = bench.start(config);
    bench.seconds(10);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +0.000s begin
    +0.000s exit 137 OOMKilled
    ");
}

#[test]
fn hooks_write_into_the_log_of_their_container() {
    let mut bench = Bench::new();
    let id = start(&mut bench, "trap 'echo TERM; exit 0' TERM; echo up; while :; do sleep 1; done");
    let script = "echo preStop begins > /proc/1/fd/1; sleep 2; echo preStop ends > /proc/1/fd/1; echo out; exit 5";
    let config = ExecConfig { argv: vec!["sh".into(), "-c".into(), script.into()], ..Default::default() };
    bench.pass(SimDuration::from_millis(500));
    bench.machine.exec(bench.now, id, config, crate::engine::CauseId::NONE);
    bench.seconds(3);
    bench.signal(id, Signal::Term);
    bench.seconds(2);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +0.000s up
    +0.500s preStop begins
    +2.500s preStop ends
    +4.000s TERM
    +4.000s exit 0 Completed
    ");
    let finished = bench.told.iter().find_map(|event| match &event.what {
        Happening::ExecFinished { stdout, exit_code, .. } => Some((stdout.clone(), *exit_code)),
        _ => None,
    });
    assert_eq!(finished, Some((b"out\n".to_vec(), 5)));
}

/// Scripts that never wait: builtins, forks, pipes, forks of forks, themselves again and again, bytes without end.
const SPINNING: &[&str] = &[
    "while :; do :; done",
    "while :; do /bin/true; done",
    "while :; do x=$(echo hi); done",
    "while :; do echo a | cat > /dev/null; done",
    "while :; do (:); done",
    "while :; do sleep 0; done",
    "f() { f & }; f; wait",
    "f() { f; }; f",
    "echo 'exec sh /tmp/s' > /tmp/s; exec sh /tmp/s",
    "echo 'exec env sh /tmp/s' > /tmp/s; sh /tmp/s",
    "yes > /dev/null",
    "yes | cat > /dev/null",
    "yes | while read x; do :; done",
    "while :; do kill -0 $$; done",
    "trap 'kill -USR1 $$' USR1; kill -USR1 $$; while :; do :; done",
];

#[test]
fn a_script_that_never_waits_does_not_stop_the_clock() {
    for script in SPINNING {
        let mut bench = Bench::new();
        let id = start(&mut bench, script);
        bench.seconds(60);
        // Someone else's command in the same container has its turn.
        let config = ExecConfig { argv: vec!["echo".into(), "hello".into()], ..Default::default() };
        bench.machine.exec(bench.now, id, config, crate::engine::CauseId::NONE);
        bench.seconds(5);
        let said = bench.told.iter().any(|event| match &event.what {
            Happening::ExecFinished { stdout, .. } => stdout == b"hello\n",
            Happening::ContainerExited { .. } => true,
            _ => false,
        });
        assert!(said, "{script}");
        bench.signal_if_running(id, Signal::Kill);
        bench.seconds(1);
        assert!(bench.timeline(id).contains("exit "), "{script}: {}", bench.timeline(id));
    }
}

#[test]
fn a_busy_shell_keeps_a_processor_busy_and_hears_its_trap() {
    let mut bench = Bench::new();
    let id = start(&mut bench, "trap 'echo bye; exit 3' TERM; while :; do :; done");
    bench.seconds(600);
    assert_eq!(bench.machine.container_usage(id).cpu_milli, 1_000);
    bench.signal(id, Signal::Term);
    bench.seconds(1);
    insta::assert_snapshot!(bench.timeline(id), @r"
    +600.000s bye
    +600.000s exit 3 Error
    ");
}

/// Scripts whose output must be that of the real shell, byte for byte.
const SCRIPTS: &[&str] = &[
    r#"x=abc.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x} ${y:-d} ${y-e} "${x:+set}" ${y:=new} $y"#,
    r#"set -- a "b c" d; for i; do echo "<$i>"; done; echo $# "$*"; shift; echo $1; f() { echo "$@"; }; f "x  y" z"#,
    r#"f() { local x=1; return 3; }; f; echo $? $x; case abc in x|a*) echo m;; *) echo n;; esac; echo $((3*4+2)) $((7/2))"#,
    r#"set -e; f() { false; echo in; }; f || echo or; if false; then :; fi; ! true; (false; echo sub); echo no"#,
    r#"sleep 0.1 | false; echo $?; ! true; echo $?; echo a | while read x; do echo "got $x"; done; true && false || echo or"#,
    "while read a b; do echo \"$b-$a\"; done <<EOF\n1 2 3\n4 5\nEOF\necho end",
    r#"nope 2>/dev/null; echo $?; a=$(echo x; exit 4); echo $? $a; echo "$(printf '%s-%d\n' x 5 y 6)""#,
    r#"for s in INT TERM; do trap "echo got $s" $s; done; kill -INT $$; kill $$; echo on; trap 'echo bye' EXIT; exit 3"#,
    r#"sleep 0.2 & p=$!; (exit 7) & wait $!; echo $?; wait $p; echo $?; wait 77777 2>/dev/null; echo $?"#,
    r#"trap 'echo T' TERM; (sleep 0.2; kill -TERM $$; sleep 0.3) & wait $!; echo st=$?; wait; echo st=$?"#,
    r#"trap "echo U" USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.3; echo after; wait; echo $?"#,
    r#"for i in a b; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done; i=0; until [ $i -ge 3 ]; do i=$((i+1)); done; echo $i"#,
    r#"IFS=:; set -- $(echo a:b:c); echo $2; unset IFS; echo "a  b"   c; x='*'; echo "$x"; echo 'single $x' \$x "q\"q""#,
    r#"{ echo one; echo two >&2; } 2>&1 | cat; echo x > /tmp/podlab-shell-test; echo y >> /tmp/podlab-shell-test; cat /tmp/podlab-shell-test; rm /tmp/podlab-shell-test"#,
    r#"trap 'echo T; exit' TERM; false; kill -TERM $$; echo no"#,
    r#"(trap 'echo inner' EXIT; echo in); echo out; x=1; (x=2; echo $x); echo $x; exec 3>&1; echo fd >&3; eval 'echo $x'"#,
    r#"a=1 b=$a; echo $b; a=5 sh -c 'echo $a'; echo $a; export c=7; sh -c 'echo $c'; readonly r=1; echo ${r}"#,
    r#"test -d / && echo dir; [ -f /nope ] || echo nofile; [ "a" = "a" -a 1 -lt 2 ] && echo and; [ -z "" ] && echo empty"#,
    r#"set -u; echo ${nope-ok}; (echo $nope) 2>/dev/null; echo $?; x=; echo "[${x:-e}][${x-e}][${x:+s}]""#,
    r#"i=0; while :; do i=$((i+1)); [ $i -gt 4 ] && break; if [ $i = 2 ]; then continue; elif [ $i = 3 ]; then echo three; else echo $i; fi; done"#,
    r#"sleep 5 & kill -TERM $!; wait $! 2>/dev/null; echo $?; f() { return 5; }; f && echo yes || echo no $?"#,
    r#"echo `echo back \`echo tick\``; cat <<'E'; echo "a
b"
$x `y`
E"#,
];

#[test]
fn scripts_do_what_the_machines_own_shells_do() {
    let shells = [("dash", "debian", "sh"), ("bash", "debian", "bash"), ("busybox", "busybox", "sh")];
    for (program, image, name) in shells {
        let real = |script: &str| {
            let applet: &[&str] = if program == "busybox" { &["sh"] } else { &[] };
            Command::new(program).args(applet).args(["-c", script]).output()
        };
        if real("exit").is_err() {
            continue;
        }
        for script in SCRIPTS {
            let real = real(script).unwrap();
            let mut bench = Bench::new();
            let id = bench.start(container(image, &["sleep", "1000"]));
            // Not as PID 1, so that signals work as they do for the real one.
            let config = ExecConfig { argv: vec![name.into(), "-c".into(), (*script).into()], ..Default::default() };
            bench.machine.exec(bench.now, id, config, crate::engine::CauseId::NONE);
            bench.seconds(20);
            let ours = bench.told.iter().find_map(|event| match &event.what {
                Happening::ExecFinished { stdout, exit_code, .. } => Some((stdout.clone(), *exit_code)),
                _ => None,
            });
            let (stdout, code) = ours.unwrap_or_else(|| panic!("{program}: never ended: {script}"));
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(shown(&stdout), shown(&real.stdout), "{program}: {script}");
            assert_eq!(Some(code), real.status.code(), "{program}: {script}");
        }
    }
}

#[test]
fn a_copy_made_in_the_middle_goes_on_as_the_original_does() {
    let script = "trap 'echo T; exit 4' TERM; f() { for i in 1 2 3; do echo $(sleep 1; echo $1$i); done; }; f a | cat; f b & wait; f c";
    let mut bench = Bench::new();
    let id = start(&mut bench, script);
    for _ in 0..9 {
        bench.pass(SimDuration::from_millis(700));
        let mut copy = Bench { machine: bench.machine.clone(), now: bench.now, told: Vec::new() };
        let mut original = Bench { machine: bench.machine.clone(), now: bench.now, told: Vec::new() };
        copy.seconds(20);
        original.pass(SimDuration::from_millis(300));
        original.seconds(20);
        assert_eq!(copy.timeline(id), original.timeline(id));
    }
    bench.seconds(20);
    assert!(bench.timeline(id).ends_with("exit 0 Completed"), "{}", bench.timeline(id));
}

#[test]
fn kill_zero_reaches_the_whole_group() {
    let script = "trap 'trap - TERM; kill 0; wait; echo bye; exit 0' TERM; sleep 50 & sleep 60 & wait";
    insta::assert_snapshot!(timeline(script, Some(2)), @r"
    +2.000s bye
    +2.000s exit 0 Completed
    ");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 64,
        failure_persistence: None,
        // The same scripts in every run: a script that takes for ever must be found by its author, not by whoever runs the tests.
        rng_seed: proptest::test_runner::RngSeed::Fixed(36),
        ..Default::default()
    })]

    /// Whatever is thrown at a shell: a status, a complaint or a long life, but never a panic.
    #[test]
    fn no_script_can_break_the_machine(words in proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..14)) {
        for image in ["busybox", "debian"] {
            let mut bench = Bench::new();
            let id = bench.start(container(image, &["sh", "-c", &words.join(" ")]));
            bench.seconds(5);
            bench.signal_if_running(id, Signal::Term);
            bench.seconds(5);
        }
    }
}

const WORDS: &[&str] = &[
    "echo", "$x", "\"a b\"", "'q'", "if", "then", "fi", "else", "while", "do", "done", "for", "in", "case", "esac",
    ";", "&", "|", "&&", "||", "(", ")", "{", "}", ">", "<", ">>", "2>&1", "/tmp/f", "$(", "`", "$((1+", "))", "${x:-",
    "}", "*", "[", "]", "=", "trap", "TERM", "exit", "3", "kill", "$$", "0", "-9", "wait", "sleep", "1", "read", "x=1",
    "set", "-e", "f()", "return", "break", "continue", "exec", "cat", "head", "-n", "grep", "sed", "s/a/b/", "cut",
    "-d", "printf", "%d%", "shift", "export", "local", "unset", "eval", ".", "cd", "rm", "-rf", "/", "dd", "ls",
    "tail", "-f", "yes", "<<E", "\n", "!", "test", "-f", "seq", "5", "tr", "a-", "expr", "date", "+%", "chmod", "+",
    "mv", "cp", "basename", "dirname", "env", "tee", "-",
];
