//! README is true: every command of its tour is run, every lesson it names exists.

use std::ffi::OsString;

fn podlab(line: &str) -> (u8, String, String) {
    let arguments = line.split_whitespace().map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = podlab::cli::main(arguments, &mut out, &mut err);
    (code, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

#[test]
fn every_command_of_the_tour_does_what_it_says() {
    let readme = readme();
    // Every second piece between fences is code.
    let code = readme.split("```").skip(1).step_by(2);
    let commands: Vec<&str> = code.flat_map(str::lines).filter(|line| line.starts_with("podlab ")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("lesson.svg").display().to_string();
    // `test` proves every scenario, which the module `lessons` does once already.
    for command in commands.iter().filter(|command| !command.starts_with("podlab test")) {
        let smaller = command.replace("lesson.svg", &picture).replace("--nodes 100 --pods 3000", "--nodes 5 --pods 20");
        let (code, out, err) = podlab(&smaller);
        let expected = u8::from(*command == "podlab run pending-cpu");
        assert_eq!(code, expected, "{command}\n{out}\n{err}");
        assert!(!out.is_empty(), "{command}");
    }
}

#[test]
fn every_lesson_is_named() {
    let readme = readme();
    for scenario in podlab::scenario::catalog::all().unwrap() {
        assert!(readme.contains(&format!("| `{}` |", scenario.name())), "{} is missing", scenario.name());
    }
}

#[test]
fn the_pending_pod_is_refused_in_the_words_of_kubernetes() {
    let (code, out, _) = podlab("podlab run pending-cpu");
    assert_eq!(code, 1);
    let line = out.lines().find(|line| line.contains("FailedScheduling")).unwrap_or_default();
    assert!(line.contains(" nodes are available: ") && line.contains("Insufficient cpu"), "{out}");
    assert!(line.contains("no new claims to deallocate, preemption: 0/"), "{line}");
}

#[test]
fn bad_input_is_told_on_standard_error_with_what_to_do() {
    let (code, _, err) = podlab("podlab run pending-cup");
    assert_eq!((code, err.as_str()), (2, "error: there is no scenario \"pending-cup\"; did you mean pending-cpu?\n"));
    let (code, _, err) = podlab("podlab shot -o screen.gif");
    assert_eq!(code, 2);
    assert!(err.contains("a screen is saved as .svg, .png or .txt"), "{err}");
    let (code, _, err) = podlab("podlab run pending-cpu --solution nonsense");
    assert_eq!(code, 2);
    assert!(err.contains("has no solution \"nonsense\""), "{err}");
}
