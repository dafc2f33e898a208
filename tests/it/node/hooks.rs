//! The end of a container: signals, hooks, grace.

use podlab::model::Kind;
use serde_json::json;

use super::harness::World;

#[test]
fn a_shell_with_a_trap_leaves_with_its_own_code() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "polite"}, "spec": {"terminationGracePeriodSeconds": 20, "containers": [
        {"name": "app", "image": "busybox:1.36", "command":
         ["sh", "-c", "trap 'echo got TERM, cleaning up; exit 7' TERM; echo up; while :; do sleep 1; done"]}]}}),
    );
    world.run_for(5);
    world.lines.clear();
    world.delete("polite", None);
    world.run_for(1);
    let log = world.logs("polite", false);
    world.run_for(4);
    insta::assert_snapshot!(world.story(), @r"
    11.000 delete
    11.005 Normal Killing Stopping container app
    11.925 status Failed app-Error(7)#0
    12.447 removed pods/default/polite
    ");
    assert_eq!(log, Ok("up\ngot TERM, cleaning up\n".to_owned()));
}

#[test]
fn pre_stop_runs_before_the_signal() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "hooked"}, "spec": {"terminationGracePeriodSeconds": 20, "containers": [
        {"name": "app", "image": "busybox:1.36",
         "command": ["sh", "-c", "trap 'echo TERM; exit 0' TERM; echo up; while :; do sleep 1; done"],
         "lifecycle": {
            "postStart": {"exec": {"command": ["sh", "-c", "echo postStart > /proc/1/fd/1"]}},
            "preStop": {"exec": {"command": ["sh", "-c",
                "echo preStop begins > /proc/1/fd/1; sleep 2; echo preStop ends > /proc/1/fd/1"]}}}}]}}),
    );
    world.run_for(5);
    world.lines.clear();
    world.delete("hooked", None);
    world.run_for(3);
    let log = world.logs("hooked", false);
    world.run_for(5);
    insta::assert_snapshot!(world.story(), @r"
    11.000 delete
    11.005 Normal Killing Stopping container app
    13.925 status Succeeded app-Completed(0)#0
    14.447 removed pods/default/hooked
    ");
    insta::assert_snapshot!(log.unwrap(), @r"
    up
    postStart
    preStop begins
    preStop ends
    TERM
    ");
}

#[test]
fn a_pre_stop_that_takes_too_long_leaves_two_seconds() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "slow"}, "spec": {"terminationGracePeriodSeconds": 5, "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"],
         "lifecycle": {"preStop": {"sleep": {"seconds": 60}}}}]}}),
    );
    world.run_for(5);
    world.lines.clear();
    world.delete("slow", None);
    world.run_for(10);
    insta::assert_snapshot!(world.story(), @r"
    11.000 delete
    11.005 Normal Killing Stopping container app
    18.255 status Failed app-Error(137)#0
    18.447 removed pods/default/slow
    ");
    let why: Vec<String> = world
        .trace
        .iter()
        .map(|(_, cause)| cause)
        .filter(|cause| cause.at.as_secs() >= 11)
        .map(|cause| format!("{} {} {} {}", cause.at, cause.verb, cause.object, cause.text))
        .collect();
    insta::assert_snapshot!(why.join("\n"), @r"
    +11.005s stop container pods/default/slow/app Stopping container app (grace 5s)
    +11.005s run preStop pods/default/slow/app the grace period runs meanwhile
    +16.005s send signal pods/default/slow/app sent SIGTERM to PID 1 of app (SIGKILL in 2s)
    +18.005s send signal pods/default/slow/app the grace period is over: SIGKILL for app
    +18.005s container exited pods/default/slow exit code 137 (Error)
    +18.447s remove from API pods/default/slow everything has stopped
    ");
}

#[test]
fn forced_deletion_takes_the_object_at_once_and_the_process_later() {
    let mut world = World::new();
    world.apply(
        Kind::Pod,
        json!({"metadata": {"name": "deaf"}, "spec": {"terminationGracePeriodSeconds": 4, "containers": [
        {"name": "app", "image": "busybox:1.36", "command": ["sleep", "600"]}]}}),
    );
    world.run_for(5);
    world.lines.clear();
    world.delete("deaf", Some(0));
    world.run_for(2);
    assert_eq!(world.machine.sandboxes().count(), 1);
    world.run_for(5);
    assert_eq!(world.machine.sandboxes().count(), 0);
    insta::assert_snapshot!(world.story(), @r"
    11.000 delete
    11.000 removed pods/default/deaf
    11.005 Normal Killing Stopping container app
    ");
}
