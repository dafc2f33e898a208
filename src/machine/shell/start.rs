//! How a shell begins: its options, `-c`, a script file, or standard input.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Shell;
use super::frame::Frame;
use super::interactive::Reading;
use super::parse::{self, SyntaxError};
use super::state::{Options, State, Variable};
use crate::machine::fs::path;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// What the command line of a shell asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Invocation {
    command: Option<String>,
    options: Options,
    operands: Vec<String>,
    reads_stdin: bool,
}

fn read_arguments(arguments: &[String]) -> Invocation {
    let mut made = Invocation::default();
    let mut wants_command = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.as_slice().first() {
        if argument == "--" {
            rest.next();
            break;
        }
        let is_option = argument.len() > 1 && (argument.starts_with('-') || argument.starts_with('+'));
        if !is_option {
            break;
        }
        rest.next();
        if argument.starts_with("--") {
            continue;
        }
        let on = argument.starts_with('-');
        for letter in argument.chars().skip(1) {
            match letter {
                'c' => wants_command = true,
                's' => made.reads_stdin = true,
                'o' => {
                    let name = rest.next().map_or("", String::as_str);
                    made.options.switch(name, on);
                }
                // `-l` and `-i` change nothing without profiles and a terminal.
                letter => drop(made.options.switch(letter.encode_utf8(&mut [0; 4]), on)),
            }
        }
    }
    made.operands = rest.cloned().collect();
    if wants_command && !made.operands.is_empty() {
        made.command = Some(made.operands.remove(0));
    }
    made
}

impl Shell {
    /// A shell with this command line; its first step reads the script.
    #[must_use]
    pub fn new(dialect: Dialect, argv: &[String], env: &BTreeMap<String, String>, pid: u32) -> Self {
        let invocation = read_arguments(&argv[1..]);
        let called = path::base_name(argv.first().map_or("sh", String::as_str)).to_owned();
        let exported =
            |value: &String| Variable { value: Some(value.as_str().into()), is_exported: true, is_readonly: false };
        let mut variables: BTreeMap<String, Variable> =
            env.iter().map(|(name, value)| (name.clone(), exported(value))).collect();
        let hidden = |value: &str| Variable { value: Some(value.into()), is_exported: false, is_readonly: false };
        variables.insert("IFS".into(), hidden(" \t\n"));
        variables.insert("OPTIND".into(), hidden("1"));
        let mut operands = invocation.operands;
        let mut script = None;
        let name = match (&invocation.command, operands.is_empty() || invocation.reads_stdin) {
            (_, true) => called,
            (Some(_), false) => operands.remove(0),
            (None, false) => {
                script = Some(operands.remove(0));
                script.clone().unwrap_or_default()
            }
        };
        let state = State {
            dialect,
            name: name.into(),
            pid,
            positional: operands.into(),
            status: 0,
            last_background: None,
            options: invocation.options,
            variables: Arc::new(variables),
            functions: Arc::default(),
            traps: BTreeMap::new(),
            jobs: Vec::new(),
            line: 1,
            is_interactive: false,
        };
        let first = match (invocation.command, script) {
            (Some(text), _) => Frame::Begin { text: Some(text), file: None },
            (None, Some(file)) => Frame::Begin { text: None, file: Some(file) },
            (None, None) => Frame::Script(Reading::default()),
        };
        // Measured: bash and busybox replace themselves by the last command of `-c`, dash on Debian does not.
        let may_replace = matches!(&first, Frame::Begin { text: Some(_), .. }) && dialect != Dialect::Dash;
        Self {
            state,
            frames: vec![first],
            pending: Vec::new(),
            ended: Vec::new(),
            errexit_ignored: false,
            may_replace,
            leaving: None,
            used: 0,
            unknown: Vec::new(),
        }
    }

    /// The script is read for the first time.
    pub fn begin(&mut self, text: Option<String>, file: Option<String>, host: HostPid, kernel: &mut Kernel<'_>) {
        if let Some(text) = text {
            return self.run_text(&text, host, kernel);
        }
        let Some(file) = file else { return };
        match read_script(&file, host, kernel) {
            Ok(text) => self.run_text(&text, host, kernel),
            Err(error) => {
                let text = match self.state.dialect {
                    Dialect::Bash => format!("{}: {file}: {error}\n", self.state.name),
                    Dialect::Dash => format!("{}: 0: cannot open {file}: No such file\n", self.state.name),
                    Dialect::Ash => format!("{}: can't open '{file}': {error}\n", self.state.name),
                };
                Self::say_error(&text, host, kernel);
                let status = if self.state.dialect == Dialect::Bash { 127 } else { 2 };
                self.exit(status, host, kernel);
            }
        }
    }

    /// Reads a text as a script and puts it on the stack; a syntax error ends the shell.
    pub fn run_text(&mut self, text: &str, host: HostPid, kernel: &mut Kernel<'_>) {
        match parse::parse(text) {
            Ok(items) => self.frames.push(Frame::List { items, next: 0 }),
            Err(error) => {
                self.syntax_error(&error, host, kernel);
                self.exit(2, host, kernel);
            }
        }
    }

    /// Says where a script could not be read.
    pub fn syntax_error(&mut self, error: &SyntaxError, host: HostPid, kernel: &mut Kernel<'_>) {
        self.state.line = error.line;
        let near = error.near.as_deref();
        let text = match (self.state.dialect, near) {
            (Dialect::Dash, Some(near)) => format!("Syntax error: \"{near}\" unexpected"),
            (Dialect::Dash, None) => "Syntax error: end of file unexpected".to_owned(),
            (Dialect::Ash, Some(near)) => format!("syntax error: unexpected \"{near}\""),
            (Dialect::Ash, None) => "syntax error: unexpected end of file".to_owned(),
            (Dialect::Bash, Some(near)) => format!("syntax error near unexpected token `{near}'"),
            (Dialect::Bash, None) => "syntax error: unexpected end of file".to_owned(),
        };
        self.complain(&text, host, kernel);
    }
}

/// The text of a script file, as the process sees it.
///
/// # Errors
/// As `open` does.
pub fn read_script(file: &str, host: HostPid, kernel: &mut Kernel<'_>) -> Result<String, crate::machine::fs::Errno> {
    use crate::machine::fs::Errno;
    let process = kernel.sandbox.processes.get(&host).ok_or(Errno::NoProcess)?;
    let (container, user, cwd) = (process.container.ok_or(Errno::NotFound)?, process.user, Arc::clone(&process.cwd));
    let view = kernel.view(container, user).ok_or(Errno::NotFound)?;
    let bytes = view.read(&path::absolute(&cwd, file))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_stand_together() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let made = read_arguments(&words("-ec hello name one"));
        assert_eq!((made.command.as_deref(), made.options.errexit), (Some("hello"), true));
        assert_eq!(made.operands, ["name", "one"]);
        let made = read_arguments(&words("-o pipefail script.sh"));
        assert!(made.options.pipefail && made.operands == ["script.sh"]);
    }
}
