//! A line as a shell cuts it into words.

use super::failure::Failure;

/// Why a line is no command.
const ONE_COMMAND: &str = "podlab runs one kubectl command at a time: pipes, `;`, `&`, redirections and `$(...)` belong to a \
                           shell";

/// The words of a line; a leading `kubectl` or `k` is dropped.
///
/// # Errors
/// When a quote is not closed, or when the line needs a shell.
pub fn split(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => quoted(letter, &mut letters, word.get_or_insert_default())?,
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '|' | ';' | '&' | '>' | '<' | '`' => return Err(Failure::text_of(ONE_COMMAND)),
            '$' if letters.peek() == Some(&'(') => return Err(Failure::text_of(ONE_COMMAND)),
            '#' if word.is_none() => break,
            _ if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if words.first().is_some_and(|first| first == "kubectl" || first == "k") {
        words.remove(0);
    }
    Ok(words)
}

fn quoted(quote: char, letters: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), Failure> {
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter == quote => return Ok(()),
            '\\' if quote == '"' => match letters.next() {
                // Inside double quotes a backslash keeps its meaning before few letters only.
                Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                Some('\n') | None => {}
                Some(next) => word.extend(['\\', next]),
            },
            _ => word.push(letter),
        }
    }
    Err(Failure::text_of(format!("a quote ({quote}) is not closed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        let words = |line: &str| split(line).unwrap();
        assert_eq!(words("kubectl get pods -o jsonpath='{.a} {.b}'"), ["get", "pods", "-o", "jsonpath={.a} {.b}"]);
        assert_eq!(words(r#"k patch x -p "{\"a\": 1}" ''"#), ["patch", "x", "-p", r#"{"a": 1}"#, ""]);
        assert_eq!(words("get  pods # all of them"), ["get", "pods"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn a_line_for_a_shell_is_refused() {
        for line in ["get pods | wc", "get pods; ls", "get pods > f", "delete $(x)", "get 'x"] {
            assert!(split(line).is_err(), "{line}");
        }
        assert_eq!(split("exec p -- sh -c 'a | b > c'").unwrap().last().unwrap(), "a | b > c");
    }
}
