//! The command line of a network tool.

/// The command line of a network tool.
pub(super) struct Options {
    letters: String,
    values: Vec<(String, String)>,
    /// The other words.
    pub(super) operands: Vec<String>,
}

impl Options {
    /// Reads the words after the name.
    #[must_use]
    pub(super) fn read(tool: &str, words: &[String]) -> Self {
        let with_value: &[&str] = match tool {
            "wget" => &["-O", "-T", "--post-data", "--header"],
            "curl" => &["-o", "-m", "--max-time", "--connect-timeout", "-w", "-X", "-d", "-H", "-A", "--retry"],
            "nc" => &["-w", "-p", "-i"],
            _ => &[],
        };
        let mut made = Self { letters: String::new(), values: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                made.operands.push(word.clone());
                continue;
            }
            if word.starts_with("--") {
                let (name, value) =
                    word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
                let takes = with_value.contains(&name);
                let value = value.or_else(|| if takes { words.next().cloned() } else { None });
                made.values.push((name.to_owned(), value.unwrap_or_default()));
                continue;
            }
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                let name = format!("-{letter}");
                if with_value.contains(&name.as_str()) {
                    let rest = letters.as_str();
                    let value =
                        if rest.is_empty() { words.next().cloned().unwrap_or_default() } else { rest.to_owned() };
                    made.values.push((name, value));
                    break;
                }
                made.letters.push(letter);
            }
        }
        made
    }

    /// Whether a letter is there.
    #[must_use]
    pub(super) fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    /// Whether a long option is there.
    #[must_use]
    pub(super) fn has_long(&self, name: &str) -> bool {
        self.values.iter().any(|(found, _)| found == name)
    }

    /// The value of an option.
    #[must_use]
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.values.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    }

    /// All values of an option.
    #[must_use]
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.values.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
    }
}
