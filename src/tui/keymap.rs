//! The keymap: one table of what each key does on each screen. It feeds the keys themselves, the hints at the bottom, the
//! help and the tests.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, View};
use super::screen::ScreenName;
use ScreenName as S;

/// A key with what is held down with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Whether Ctrl is held.
    pub ctrl: Ctrl,
}

/// Whether Ctrl is held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ctrl {
    /// It is.
    Held,
    /// It is not.
    Free,
}

/// Where an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On every screen that takes no text.
    Everywhere,
    /// On every screen of a session that takes no text.
    Session,
    /// On these screens.
    On(&'static [ScreenName]),
}

/// Whether a key may cost something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// It only looks.
    None,
    /// It changes the cluster.
    Changes,
}

/// One key on one kind of screen.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub chord: Chord,
    /// What it does.
    pub action: Action,
    /// The id of what the hint says; the help says it too.
    pub hint: &'static str,
    /// Where.
    pub place: Place,
    /// Whether it may cost something.
    pub danger: Danger,
    /// How soon it is left out when the footer is short: 0 stays longest, 9 is in the help only.
    pub rank: u8,
}

/// Screens on which one moves over lines.
const LISTS: &[S] = &[
    S::Home,
    S::Lesson,
    S::Topology,
    S::Table,
    S::Text,
    S::Events,
    S::Trace,
    S::Scheduler,
    S::Etcd,
    S::Quota,
    S::Load,
    S::Usage,
    S::Ending,
    S::Inside,
    S::Fault,
    S::Why,
    S::Help,
    S::Tree,
    S::Compare,
    S::Namespaces,
];
/// Screens on which an object may be chosen.
const OBJECTS: &[S] =
    &[S::Topology, S::Lesson, S::Table, S::Tree, S::Events, S::Trace, S::Scheduler, S::Quota, S::Usage, S::Inside];
/// Screens in front of another one.
const FRONT: &[S] = &[S::Text, S::Inside, S::Fault, S::Why, S::Help, S::Tree, S::Compare, S::Confirm, S::Namespaces];
/// Screens that take text.
const TYPED: &[S] = &[S::Prompt, S::Command, S::Filter];

fn key(code: KeyCode) -> Chord {
    Chord { code, ctrl: Ctrl::Free }
}

fn letter(letter: char) -> Chord {
    key(KeyCode::Char(letter))
}

fn ctrl(letter: char) -> Chord {
    Chord { code: KeyCode::Char(letter), ctrl: Ctrl::Held }
}

fn entry(chord: Chord, action: Action, hint: &'static str, place: Place, rank: u8) -> Entry {
    Entry { chord, action, hint, place, danger: Danger::None, rank }
}

fn risky(chord: Chord, action: Action, hint: &'static str, place: Place, rank: u8) -> Entry {
    Entry { chord, action, hint, place, danger: Danger::Changes, rank }
}

/// The whole table.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    all.extend(home());
    all.extend(lesson());
    all.extend(objects());
    all.extend(texts());
    all.extend(moving());
    all.extend(session());
    all.extend(time());
    all.extend(typing());
    all.push(entry(letter('?'), Action::Help, "key-help", Place::Everywhere, 0));
    all.push(entry(ctrl('c'), Action::Interrupt, "key-interrupt", Place::Everywhere, 9));
    all
}

fn home() -> Vec<Entry> {
    let place = Place::On(&[S::Home]);
    vec![
        entry(key(KeyCode::Enter), Action::Enter, "key-play", place, 0),
        entry(letter('s'), Action::Sandbox, "key-sandbox", place, 1),
        entry(letter('l'), Action::Language, "key-language", place, 1),
        entry(letter('q'), Action::Quit, "key-quit", place, 1),
    ]
}

fn lesson() -> Vec<Entry> {
    let place = Place::On(&[S::Lesson]);
    vec![
        entry(key(KeyCode::Enter), Action::Enter, "key-continue", place, 0),
        entry(letter('h'), Action::Hint, "key-hint", place, 1),
        entry(key(KeyCode::Tab), Action::NextPane, "key-other-half", place, 0),
    ]
}

fn objects() -> Vec<Entry> {
    let table = Place::On(&[S::Table]);
    let some = Place::On(&[S::Topology, S::Table, S::Tree, S::Lesson, S::Usage, S::Inside]);
    vec![
        entry(
            key(KeyCode::Enter),
            Action::Enter,
            "key-open",
            Place::On(&[
                S::Topology,
                S::Table,
                S::Tree,
                S::Events,
                S::Trace,
                S::Scheduler,
                S::Quota,
                S::Usage,
                S::Ending,
            ]),
            2,
        ),
        entry(letter('d'), Action::Describe, "key-describe", some, 2),
        entry(letter('y'), Action::Yaml, "key-yaml", some, 2),
        entry(letter('l'), Action::Logs, "key-logs", some, 2),
        entry(letter('p'), Action::PreviousLogs, "key-previous", some, 6),
        risky(letter('e'), Action::Edit, "key-edit", some, 3),
        risky(ctrl('d'), Action::Delete, "key-delete", some, 4),
        entry(letter('s'), Action::Shell, "key-shell", some, 5),
        entry(letter('o'), Action::OwnerTree, "key-tree", some, 5),
        entry(letter('i'), Action::Inside, "key-inside", some, 3),
        entry(letter('c'), Action::Decision, "key-decision", some, 6),
        entry(
            letter('/'),
            Action::Filter,
            "key-filter",
            Place::On(&[S::Table, S::Text, S::Events, S::Trace, S::Fault]),
            3,
        ),
        entry(letter('0'), Action::AllNamespaces, "key-all-namespaces", table, 5),
        entry(letter('n'), Action::Namespace, "key-namespace", table, 5),
        entry(letter('S'), Action::Sort, "key-sort", table, 7),
        entry(letter('R'), Action::SortReverse, "key-sort-reverse", table, 9),
        entry(letter('W'), Action::Wide, "key-wide", table, 7),
        entry(letter('W'), Action::Wide, "key-heartbeats", Place::On(&[S::Trace]), 4),
        entry(
            key(KeyCode::Tab),
            Action::Cycle,
            "key-cycle",
            Place::On(&[S::Scheduler, S::Load, S::Quota, S::Etcd, S::Inside]),
            3,
        ),
        entry(key(KeyCode::Tab), Action::Cycle, "key-beside", Place::On(&[S::Ending]), 0),
        entry(key(KeyCode::Left), Action::Left, "key-earlier-end", Place::On(&[S::Ending]), 1),
        entry(key(KeyCode::Right), Action::Right, "key-later-end", Place::On(&[S::Ending]), 1),
        entry(key(KeyCode::Tab), Action::NextPane, "key-next-box", Place::On(&[S::Topology]), 7),
    ]
}

fn texts() -> Vec<Entry> {
    let text = Place::On(&[S::Text]);
    vec![
        entry(letter('n'), Action::FindNext, "key-find-next", text, 4),
        entry(letter('F'), Action::Follow, "key-follow", text, 3),
        entry(letter('z'), Action::Wrap, "key-wrap", text, 4),
        risky(key(KeyCode::Enter), Action::Enter, "key-do", Place::On(&[S::Fault]), 0),
        entry(key(KeyCode::Enter), Action::Enter, "key-choose", Place::On(&[S::Namespaces]), 0),
        entry(key(KeyCode::Enter), Action::Enter, "key-yes", Place::On(&[S::Confirm]), 0),
        entry(letter('y'), Action::Enter, "key-yes", Place::On(&[S::Confirm]), 9),
        entry(letter('n'), Action::Back, "key-no", Place::On(&[S::Confirm]), 9),
        entry(key(KeyCode::Tab), Action::Swap, "key-swap", Place::On(&[S::Compare]), 0),
        entry(letter('D'), Action::Drop, "key-drop", Place::On(&[S::Compare]), 1),
        entry(key(KeyCode::Esc), Action::Back, "key-back", Place::On(FRONT), 1),
    ]
}

fn moving() -> Vec<Entry> {
    let place = Place::On(LISTS);
    let wide = Place::On(&[S::Topology, S::Lesson, S::Table, S::Scheduler, S::Home, S::Text]);
    vec![
        entry(key(KeyCode::Up), Action::Up, "key-up", place, 9),
        entry(key(KeyCode::Down), Action::Down, "key-down", place, 9),
        entry(letter('k'), Action::Up, "key-up", place, 9),
        entry(letter('j'), Action::Down, "key-down", place, 9),
        entry(key(KeyCode::Left), Action::Left, "key-left", wide, 9),
        entry(key(KeyCode::Right), Action::Right, "key-right", wide, 9),
        entry(key(KeyCode::PageUp), Action::PageUp, "key-page-up", place, 9),
        entry(key(KeyCode::PageDown), Action::PageDown, "key-page-down", place, 9),
        entry(letter('g'), Action::Top, "key-top", place, 9),
        entry(letter('G'), Action::Bottom, "key-bottom", place, 9),
        entry(key(KeyCode::Home), Action::Top, "key-top", place, 9),
        entry(key(KeyCode::End), Action::Bottom, "key-bottom", place, 9),
    ]
}

fn session() -> Vec<Entry> {
    let place = Place::Session;
    let mut all = vec![
        entry(letter(';'), Action::Prompt, "key-prompt", place, 0),
        entry(letter('`'), Action::Prompt, "key-prompt", place, 9),
        entry(letter(':'), Action::Command, "key-command", place, 2),
        entry(letter('w'), Action::Why, "key-why", Place::On(OBJECTS), 1),
        risky(letter('x'), Action::Fault, "key-fault", place, 1),
        entry(letter('t'), Action::Ending, "key-ending", place, 6),
        entry(letter('!'), Action::OwnShell, "key-own-shell", place, 8),
        entry(letter('K'), Action::Serve, "key-serve", place, 9),
        entry(letter('q'), Action::Quit, "key-leave", place, 7),
        entry(key(KeyCode::Esc), Action::Back, "key-back", Place::On(BASES), 9),
    ];
    let digits = ('1'..='9').zip(View::TABS);
    all.extend(digits.map(|(digit, view)| entry(letter(digit), Action::View(view), view.caption(), place, 9)));
    all
}

/// Screens with nothing behind them but home.
const BASES: &[S] = &[
    S::Lesson,
    S::Topology,
    S::Table,
    S::Events,
    S::Trace,
    S::Scheduler,
    S::Etcd,
    S::Quota,
    S::Load,
    S::Usage,
    S::Ending,
];

fn time() -> Vec<Entry> {
    let place = Place::Session;
    vec![
        entry(letter(' '), Action::TogglePause, "key-pause", place, 1),
        entry(letter('.'), Action::StepEvent, "key-step-event", place, 8),
        entry(letter('>'), Action::StepSecond, "key-step-second", place, 9),
        entry(letter('+'), Action::Faster, "key-faster", place, 8),
        entry(letter('='), Action::Faster, "key-faster", place, 9),
        entry(letter('-'), Action::Slower, "key-slower", place, 9),
        entry(letter('['), Action::ScrubBack, "key-scrub-back", place, 6),
        entry(letter(']'), Action::ScrubForward, "key-scrub-forward", place, 9),
        entry(letter('{'), Action::DeedBack, "key-deed-back", place, 7),
        entry(letter('}'), Action::DeedForward, "key-deed-forward", place, 9),
        risky(letter('r'), Action::Rewind, "key-rewind", place, 8),
        entry(letter('b'), Action::Bookmark, "key-bookmark", place, 9),
        entry(letter('f'), Action::Fork, "key-fork", place, 8),
    ]
}

fn typing() -> Vec<Entry> {
    let typed = Place::On(TYPED);
    let prompt = Place::On(&[S::Prompt]);
    let editor = Place::On(&[S::Editor]);
    vec![
        entry(key(KeyCode::Enter), Action::Enter, "key-run", typed, 0),
        entry(key(KeyCode::Tab), Action::Complete, "key-complete", Place::On(&[S::Prompt, S::Command]), 1),
        entry(key(KeyCode::Up), Action::Up, "key-history", prompt, 2),
        entry(key(KeyCode::Down), Action::Down, "key-history", prompt, 9),
        entry(key(KeyCode::PageUp), Action::PageUp, "key-page-up", prompt, 3),
        entry(key(KeyCode::PageDown), Action::PageDown, "key-page-down", prompt, 9),
        entry(
            ctrl('c'),
            Action::Interrupt,
            "key-interrupt",
            Place::On(&[S::Prompt, S::Command, S::Filter, S::Editor]),
            4,
        ),
        entry(ctrl('l'), Action::Wide, "key-clear", prompt, 5),
        entry(key(KeyCode::Esc), Action::Back, "key-close", typed, 1),
        risky(ctrl('s'), Action::Save, "key-save", editor, 0),
        entry(key(KeyCode::Esc), Action::Back, "key-give-up", editor, 0),
    ]
}

impl Chord {
    /// The chord that was pressed.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        let ctrl = if event.modifiers.contains(KeyModifiers::CONTROL) { Ctrl::Held } else { Ctrl::Free };
        Self { code: event.code, ctrl }
    }

    /// As hints write it: `enter`, `ctrl-d`, `?`.
    #[must_use]
    pub fn caption(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::Up => "up".to_owned(),
            KeyCode::Down => "down".to_owned(),
            KeyCode::Left => "left".to_owned(),
            KeyCode::Right => "right".to_owned(),
            KeyCode::PageUp => "pgup".to_owned(),
            KeyCode::PageDown => "pgdn".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        if self.ctrl == Ctrl::Held { format!("ctrl-{name}") } else { name }
    }
}

impl Entry {
    /// Whether it holds on a screen.
    #[must_use]
    pub fn holds_on(&self, screen: ScreenName) -> bool {
        match self.place {
            Place::Everywhere => !screen.takes_text(),
            Place::Session => !screen.takes_text() && !matches!(screen, S::Home | S::Confirm | S::Help),
            Place::On(screens) => screens.contains(&screen),
        }
    }
}

/// What a key does on a screen.
#[must_use]
pub fn action(screen: ScreenName, event: &KeyEvent) -> Option<Action> {
    let chord = Chord::of(event);
    let found = entries().into_iter().find(|entry| entry.chord == chord && entry.holds_on(screen));
    match found {
        Some(entry) => Some(entry.action),
        None if screen.takes_text() => Some(Action::Key(*event)),
        None => None,
    }
}

/// Whether a screen has nothing behind it but home.
#[must_use]
pub fn is_base(screen: ScreenName) -> bool {
    BASES.contains(&screen)
}

/// Whether an entry is what one needs while one looks at the past.
#[must_use]
pub fn is_of_the_past(entry: &Entry) -> bool {
    let time = [Action::DeedBack, Action::ScrubBack, Action::ScrubForward, Action::Rewind, Action::Fork];
    time.contains(&entry.action) || entry.action == Action::Back
}

/// The entries of a screen, the most needed first.
#[must_use]
pub fn on(screen: ScreenName) -> Vec<Entry> {
    let mut held: Vec<Entry> = entries().into_iter().filter(|entry| entry.holds_on(screen)).collect();
    held.sort_by_key(|entry| entry.rank);
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice_on_a_screen() {
        for screen in ScreenName::ALL {
            let mut seen: Vec<Chord> = Vec::new();
            for entry in on(screen) {
                assert!(!seen.contains(&entry.chord), "{} is bound twice on {screen:?}", entry.chord.caption());
                seen.push(entry.chord);
            }
        }
    }

    #[test]
    fn every_screen_can_be_left_and_says_how() {
        for screen in ScreenName::ALL {
            let leaves = |entry: &Entry| matches!(entry.action, Action::Back | Action::Quit);
            assert!(on(screen).iter().any(leaves), "{screen:?}");
        }
    }

    #[test]
    fn what_changes_the_cluster_is_marked() {
        let marked =
            |wanted: Action| entries().iter().any(|entry| entry.action == wanted && entry.danger == Danger::Changes);
        assert!([Action::Delete, Action::Edit, Action::Fault, Action::Rewind].into_iter().all(marked));
    }
}
