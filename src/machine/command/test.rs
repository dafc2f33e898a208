//! `test` and `[`.

use super::Context;
use crate::machine::fs::path;
use crate::machine::fs::view::Found;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// `test expression`, `[ expression ]`: 0 when it holds, 1 when not, 2 when it makes no sense.
pub fn test(context: &mut Context<'_, '_>) -> i32 {
    let mut words: Vec<&str> = context.argv[1..].iter().map(String::as_str).collect();
    if context.name() == "[" && words.pop() != Some("]") {
        context.complain("missing ]");
        return 2;
    }
    let mut reader = Reader { words: &words, at: 0, host: context.host, kernel: context.kernel };
    let result = if words.is_empty() { Ok(false) } else { reader.or() };
    match result {
        Ok(holds) => i32::from(!holds),
        Err(problem) => {
            let text = match (problem, context.shell) {
                (Problem::Number(word), Some(Dialect::Dash)) => format!("Illegal number: {word}"),
                (Problem::Number(word), Some(Dialect::Ash)) => format!("{word}: bad number"),
                (Problem::Number(word), _) => format!("{word}: integer expression expected"),
                (Problem::Operator(word), Some(Dialect::Bash)) => format!("{word}: unary operator expected"),
                (Problem::Operator(word), _) => format!("{word}: unknown operand"),
            };
            context.complain(&text);
            2
        }
    }
}

enum Problem {
    Number(String),
    Operator(String),
}

struct Reader<'r, 'm> {
    words: &'r [&'r str],
    at: usize,
    host: HostPid,
    kernel: &'r mut Kernel<'m>,
}

impl Reader<'_, '_> {
    fn peek(&self, ahead: usize) -> Option<&str> {
        self.words.get(self.at + ahead).copied()
    }

    fn or(&mut self) -> Result<bool, Problem> {
        let mut value = self.and()?;
        while self.peek(0) == Some("-o") {
            self.at += 1;
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, Problem> {
        let mut value = self.not()?;
        while self.peek(0) == Some("-a") {
            self.at += 1;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, Problem> {
        if self.peek(0) == Some("!") && self.peek(1).is_some() {
            self.at += 1;
            return self.not().map(|value| !value);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<bool, Problem> {
        let first = self.peek(0).unwrap_or_default().to_owned();
        if let (Some(operator), Some(right)) = (self.peek(1), self.peek(2))
            && is_binary(operator)
        {
            let (operator, right) = (operator.to_owned(), right.to_owned());
            self.at += 3;
            return binary(&first, &operator, &right).map_err(Problem::Number);
        }
        if first == "(" {
            self.at += 1;
            let value = self.or()?;
            self.at += 1;
            return Ok(value);
        }
        if let Some(operand) = self.peek(1).map(str::to_owned)
            && first.starts_with('-')
        {
            self.at += 2;
            return unary(&first, &operand, self.host, self.kernel).ok_or(Problem::Operator(first));
        }
        self.at += 1;
        Ok(!first.is_empty())
    }
}

fn is_binary(operator: &str) -> bool {
    matches!(operator, "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
}

/// A comparison of two texts or numbers.
///
/// # Errors
/// The word that is no number.
pub fn binary(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let number = |word: &str| word.trim().parse::<i64>().map_err(|_| word.to_owned());
    Ok(match operator {
        "=" | "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-eq" => number(left)? == number(right)?,
        "-ne" => number(left)? != number(right)?,
        "-lt" => number(left)? < number(right)?,
        "-le" => number(left)? <= number(right)?,
        "-gt" => number(left)? > number(right)?,
        "-ge" => number(left)? >= number(right)?,
        _ => false,
    })
}

/// A question about one text or file; `None` when the operator is unknown.
pub fn unary(operator: &str, operand: &str, host: HostPid, kernel: &mut Kernel<'_>) -> Option<bool> {
    match operator {
        "-n" => return Some(!operand.is_empty()),
        "-z" => return Some(operand.is_empty()),
        // Nothing in podlab has a terminal.
        "-t" => return Some(false),
        _ => {}
    }
    let process = kernel.sandbox.processes.get(&host)?;
    let (container, user, cwd) = (process.container?, process.user, process.cwd.clone());
    let file = path::absolute(&cwd, operand);
    let view = kernel.view(container, user)?;
    if operator == "-L" || operator == "-h" {
        let place = view.resolve_link(&file).ok();
        return Some(place.is_some_and(|place| matches!(view.at(&place), Some(Found::Link(_)))));
    }
    let found = view.find(&file).ok();
    let meta = match found {
        Some(Found::File(file)) => Some(file.meta),
        Some(Found::Directory(directory)) => Some(directory.meta),
        _ => None,
    };
    let may = |bit| meta.is_some_and(|meta| view.may(meta, bit));
    Some(match operator {
        "-e" => found.is_some(),
        "-f" => matches!(found, Some(Found::File(_))),
        "-d" => matches!(found, Some(Found::Directory(_))),
        "-s" => matches!(found, Some(Found::File(file)) if !file.is_empty()),
        "-r" => may(4),
        "-w" => may(2) && view.check_writable(&file) != Err(crate::machine::fs::Errno::ReadOnly),
        "-x" => may(1),
        "-b" | "-c" | "-p" | "-S" => false,
        _ => return None,
    })
}
