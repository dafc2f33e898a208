//! The app through its loop: keys in, frames out. Time is virtual, so a frame is the same on every machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use ratatui::buffer::Buffer;

use super::app::{App, Start};
use super::locale::Locale;
use super::picture;
use super::shelf::Shelf;
use super::shot::{Keys, show};
use super::theme::{Colours, Glyphs, Theme};
use crate::engine::SimDuration;
use crate::scenario::Language;
use crate::session::Session;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 36);

fn app(language: Language, theme: Theme) -> App {
    let shelf = Shelf::open(vec![Shelf::sandbox().unwrap()], None).unwrap();
    App::new(shelf, theme, Locale::new(language), Start { seed: 1, speed: 1_000 })
}

fn plain() -> Theme {
    Theme { colours: Colours::None, glyphs: Glyphs::Unicode }
}

/// The sandbox after ten seconds: booted once, cloned for every screen.
static SANDBOX: LazyLock<Session> = LazyLock::new(|| {
    let mut session = Session::open(Shelf::sandbox().unwrap(), 1).unwrap();
    session.run_for(SimDuration::from_secs(10));
    session.pace_mut().pause();
    session
});

fn sandbox(theme: Theme, language: Language) -> App {
    let mut app = app(language, theme);
    app.join(SANDBOX.clone());
    app.settle();
    app
}

fn frame(app: &mut App, keys: &str, size: (u16, u16)) -> Buffer {
    show(app, Keys::parse(keys).unwrap(), size).unwrap()
}

fn seen(keys: &str, size: (u16, u16)) -> String {
    picture::text(&frame(&mut sandbox(plain(), Language::English), keys, size))
}

/// Every screen, and the keys that lead there from the lesson.
const SCREENS: [(&str, &str); 26] = [
    ("lesson", ""),
    ("topology", "2"),
    ("pods", "3"),
    ("pods-wide", "3 W S S"),
    ("events", "4"),
    ("trace", "5 up up"),
    ("scheduler", "6"),
    ("etcd", "7"),
    ("quota", "8"),
    ("load", "9"),
    ("usage", ": 'usage' enter"),
    ("inside", "3 i"),
    ("ending", "3 t"),
    ("ended", "; 'delete pod --all --wait=false' enter esc > > > t"),
    ("describe", "3 d"),
    ("yaml", "3 y"),
    ("logs", "3 l"),
    ("tree", "3 o"),
    ("why", "3 w"),
    ("help", "?"),
    ("fault", "x down"),
    ("prompt", "; 'get nodes' enter"),
    ("command", ": 'po'"),
    ("filter", "3 / 'web'"),
    ("confirm", "3 ctrl-d"),
    ("compare", "f"),
];

#[test]
fn every_screen_draws_at_both_sizes_and_says_how_to_leave() {
    let app = || sandbox(plain(), Language::English);
    for (name, keys) in SCREENS {
        for size in [SMALL, LARGE] {
            let shown = picture::text(&frame(&mut app(), keys, size));
            assert!(shown.lines().next().unwrap().contains("Sandbox"), "{name} {size:?}\n{shown}");
            assert!(shown.lines().filter(|line| !line.trim().is_empty()).count() > 6, "{name} {size:?}\n{shown}");
        }
    }
}

#[test]
fn screens_stay_as_they_were_seen() {
    // Of screens full of times and numbers a test says less than it costs whoever changes a delay.
    let still = ["lesson", "topology", "pods", "tree", "help", "fault", "command"];
    for (name, keys) in SCREENS.into_iter().filter(|(name, _)| still.contains(name)) {
        insta::assert_snapshot!(format!("{name}-80x24"), seen(keys, SMALL));
        insta::assert_snapshot!(format!("{name}-120x36"), seen(keys, LARGE));
    }
    let home = |size| picture::text(&frame(&mut app(Language::English, plain()), "", size));
    insta::assert_snapshot!("home-80x24", home(SMALL));
    insta::assert_snapshot!("home-120x36", home(LARGE));
}

#[test]
fn ascii_terminals_get_ascii_and_no_colour_means_none() {
    let theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii };
    for (name, keys) in SCREENS {
        let buffer = frame(&mut sandbox(theme, Language::English), keys, SMALL);
        let strange: BTreeSet<&str> =
            buffer.content().iter().map(ratatui::buffer::Cell::symbol).filter(|symbol| !symbol.is_ascii()).collect();
        assert!(strange.is_empty(), "{name}: {strange:?}");
        let is_coloured = |cell: &ratatui::buffer::Cell| {
            cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
        };
        assert!(!buffer.content().iter().any(is_coloured), "{name}");
    }
}

#[test]
fn chinese_keeps_its_columns() {
    for language in [Language::TraditionalChinese, Language::SimplifiedChinese] {
        for (name, keys) in SCREENS {
            let shown = picture::text(&frame(&mut sandbox(plain(), language), keys, SMALL));
            assert!(shown.lines().all(|line| super::widget::text::width(line) <= 80), "{name}\n{shown}");
        }
    }
}

#[test]
fn a_pod_can_be_deleted_from_the_table() {
    let shown = seen("3 ctrl-d enter", LARGE);
    assert!(shown.contains("deleted"), "{shown}");
}

#[test]
fn the_end_of_a_pod_is_told_moment_by_moment() {
    let deletes = "; 'delete pod --all --wait=false' enter esc > > > > > > t";
    let shown = seen(deletes, LARGE);
    for told in [
        "deleted by kubectl",
        "EndpointSlice of web",
        "kube-proxy on",
        "(grace 30s)",
        "SIGQUIT from outside",
        "exit code 0",
    ] {
        assert!(shown.contains(told), "{told} is missing\n{shown}");
    }
    let beside = seen(&format!("{deletes} tab"), LARGE);
    assert_eq!(beside.matches("preStop").count(), 2, "{beside}");
    let forked = seen("f esc ; 'delete pod --all --wait=false' enter esc > > > > > > tab esc t", LARGE);
    assert!(forked.contains("Ends of Pods"), "{forked}");
}

#[test]
fn the_inside_of_a_pod_shows_its_processes_and_where_they_listen() {
    let shown = seen("3 i", LARGE);
    for told in ["nginx -g daemon", "port 80, PID 1", "handles", "Signals"] {
        assert!(shown.contains(told), "{told} is missing\n{shown}");
    }
}

#[test]
fn looking_back_changes_nothing_and_rewinding_does() {
    let mut app = sandbox(plain(), Language::English);
    let before = app.session().unwrap().present();
    frame(&mut app, "; 'delete pod --all' enter esc > > [ [", LARGE);
    assert!(app.session().unwrap().is_in_the_past());
    let looked_from = app.session().unwrap().present();
    frame(&mut app, "esc", LARGE);
    assert_eq!(app.session().unwrap().now(), looked_from);
    frame(&mut app, "[ [ [ [ [ [ r", LARGE);
    assert!(app.session().unwrap().present() <= before);
    assert!(!app.session().unwrap().is_in_the_past());
}

#[test]
fn two_futures_are_compared_where_they_differ() {
    let mut app = sandbox(plain(), Language::English);
    let shown = picture::text(&frame(&mut app, "f esc ; 'scale deployment web --replicas=1' enter esc > > > f", LARGE));
    assert!(shown.contains("≠"), "{shown}");
}

#[test]
fn time_goes_on_only_while_it_runs() {
    let mut app = sandbox(plain(), Language::English);
    let start = app.session().unwrap().now();
    frame(&mut app, "wait:1s", SMALL);
    assert_eq!(app.session().unwrap().now(), start);
    frame(&mut app, "space wait:1s", SMALL);
    assert_eq!(app.session().unwrap().now().since(start), SimDuration::from_secs(1));
}

#[test]
fn leaving_asks_only_where_something_would_be_lost() {
    let mut app = sandbox(plain(), Language::English);
    frame(&mut app, "q", SMALL);
    assert!(app.session().is_none());
    assert!(!app.is_over());
    frame(&mut app, "q", SMALL);
    assert!(app.is_over());
}

#[test]
fn every_text_that_is_asked_for_exists() {
    let english = Locale::new(Language::English);
    let mut missing = BTreeSet::new();
    for (file, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui")) {
        for call in [
            "text(\"",
            ".with(\"",
            "\"key-",
            "\"fault-",
            "\"said-",
            "\"events-",
            "\"etcd-",
            "\"trace-",
            "\"time-",
            "\"health-",
            "\"lesson-",
            "\"sign-",
        ] {
            for (at, _) in text.match_indices(call) {
                let quoted = text[at..].split('"').nth(1).unwrap_or_default();
                let is_id = quoted.contains('-') && quoted.chars().all(|c| c.is_ascii_lowercase() || c == '-');
                if is_id && !quoted.ends_with('-') && english.text(quoted) == quoted {
                    missing.insert(format!("{file}: {quoted}"));
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if !path.ends_with("tests.rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    found
}
