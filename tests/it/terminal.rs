//! The terminal is given back, however the app ends: it is run in a terminal of its own, as a person would run it.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser};

use podlab::tui::run::{Hands, Keyboard, Next, Options, app, run};
use podlab::tui::terminal::Screen;
use podlab::tui::theme::Theme;

/// What the shell had on the screen before the app came.
const BEFORE: &str = "what was here before\r\n";
const SIZE: PtySize = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };

/// What is left of a terminal when a program in it has ended.
struct Left {
    screen: vt100::Screen,
    was_taken_over: bool,
    exit_code: u32,
    settings: [String; 2],
}

/// Runs a program in a terminal; types each of `keys` when the text before it can be read on the screen.
fn in_terminal(program: PathBuf, arguments: &[&str], keys: &[(&str, &str)]) -> Left {
    let pair = native_pty_system().openpty(SIZE).unwrap();
    let settings = |master: &dyn portable_pty::MasterPty| format!("{:?}", master.get_termios());
    let before = settings(&*pair.master);
    let data = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("PODLAB_DATA", data.path());
    // What was there before has to stay on the screen.
    command.env("RUST_BACKTRACE", "0");
    let mut child = pair.slave.spawn_command(command).unwrap();
    // As large as SIZE.
    let mut parser = Parser::default();
    parser.process(BEFORE.as_bytes());
    let (mut output, mut input) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
    let (mut keys, mut was_taken_over, mut piece) = (keys.iter(), false, [0; 4096]);
    let mut next = keys.next();
    // Only the child holds the other end now: when it ends, so does the output.
    drop(pair.slave);
    while let Ok(count @ 1..) = output.read(&mut piece) {
        parser.process(&piece[..count]);
        was_taken_over |= parser.screen().alternate_screen() && parser.screen().bracketed_paste();
        if let Some((sign, typed)) = next
            && parser.screen().contents().contains(sign)
        {
            input.write_all(typed.as_bytes()).unwrap();
            next = keys.next();
        }
    }
    let exit_code = child.wait().unwrap().exit_code();
    let screen = parser.screen().clone();
    Left { screen, was_taken_over, exit_code, settings: [before, settings(&*pair.master)] }
}

/// One of the ignored tests of this file, as a program of its own.
fn as_program(test: &str, keys: &[(&str, &str)]) -> Left {
    let name = format!("terminal::{test}");
    let arguments = ["--ignored", "--exact", &name, "--nocapture", "--test-threads=1"];
    in_terminal(std::env::current_exe().unwrap(), &arguments, keys)
}

fn assert_given_back(left: &Left) {
    let screen = &left.screen;
    assert!(left.was_taken_over, "{}", screen.contents());
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
    assert!(screen.contents().starts_with(BEFORE.trim_end()), "{}", screen.contents());
    assert_eq!(left.settings[0], left.settings[1]);
}

#[test]
fn after_a_panic_the_terminal_is_as_before_and_the_panic_can_be_read() {
    let left = as_program("an_app_that_panics", &[("Scenarios", "P")]);
    assert_given_back(&left);
    let shown = left.screen.contents();
    let (panic, result) = (shown.find("provoked in the middle of a frame"), shown.find("test result: FAILED"));
    // What is said afterwards stands below it, not over it.
    assert!(panic.is_some() && panic < result, "{shown}");
    assert_ne!(left.exit_code, 0);
}

#[test]
fn after_an_error_the_terminal_is_as_before_and_the_error_can_be_read() {
    let left = as_program("an_app_whose_keyboard_breaks", &[("Scenarios", "E")]);
    assert_given_back(&left);
    assert!(left.screen.contents().contains("the keyboard broke"), "{}", left.screen.contents());
}

#[test]
fn ctrl_c_asks_and_gives_the_terminal_back() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_podlab"));
    let left = in_terminal(program, &[], &[("Scenarios", "\x03"), ("Are you sure?", "\r")]);
    assert_given_back(&left);
    assert_eq!(left.exit_code, 0);
}

#[test]
fn leaving_a_lesson_by_its_keys_gives_the_terminal_back() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_podlab"));
    let keys = [("Goals", "q"), ("Are you sure?", "\r"), ("Scenarios", "q")];
    let left = in_terminal(program, &["play", "quota"], &keys);
    assert_given_back(&left);
    assert_eq!(left.exit_code, 0);
}

#[test]
fn bad_input_never_touches_the_terminal() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_podlab"));
    let left = in_terminal(program, &["play", "nothing-like-this"], &[]);
    assert!(!left.was_taken_over && left.exit_code == 2, "{}", left.screen.contents());
    assert_eq!(left.settings[0], left.settings[1]);
}

/// Someone at a keyboard, and what one key does to the app.
struct Trouble {
    keyboard: Keyboard,
    key: char,
    trouble: fn() -> io::Result<Next>,
}

impl Hands for Trouble {
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next> {
        let next = self.keyboard.next(patience)?;
        let is_meant = matches!(&next, Next::Event(crossterm::event::Event::Key(key))
            if key.code == crossterm::event::KeyCode::Char(self.key));
        if is_meant { (self.trouble)() } else { Ok(next) }
    }

    fn elapsed(&mut self) -> u64 {
        self.keyboard.elapsed()
    }
}

fn run_into(key: char, trouble: fn() -> io::Result<Next>) {
    let theme = Theme::detect(|name| (name == "TERM").then(|| "xterm-256color".to_owned()));
    let options = Options { seed: 1, speed: 1_000, language: None, progress: None, theme };
    let mut app = app(None, options).unwrap();
    let mut screen = Screen::take_over().unwrap();
    let ended = run(&mut app, screen.terminal(), &mut Trouble { keyboard: Keyboard::new(), key, trouble });
    drop(screen);
    ended.unwrap();
}

#[test]
#[ignore = "a program for the tests above, which give it a terminal"]
fn an_app_that_panics() {
    run_into('P', || panic!("provoked in the middle of a frame"));
}

#[test]
#[ignore = "a program for the tests above, which give it a terminal"]
fn an_app_whose_keyboard_breaks() {
    run_into('E', || Err(io::Error::other("the keyboard broke")));
}
