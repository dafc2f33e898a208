//! A command line taken apart: letters, letters with values, operands.

/// A command line taken apart: letters, letters with values, operands.
pub struct Arguments {
    /// Letters without values.
    pub letters: String,
    /// Letters with values.
    pub values: Vec<(char, String)>,
    /// The other words.
    pub operands: Vec<String>,
}

impl Arguments {
    /// Reads the words after the name; letters in `with_value` take one.
    #[must_use]
    pub fn read(words: &[String], with_value: &str) -> Self {
        let mut made = Self { letters: String::new(), values: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else {
                made.operands.push(word.clone());
                continue;
            };
            if option.chars().all(|c| c.is_ascii_digit()) {
                made.values.push(('n', option.to_owned()));
                continue;
            }
            let mut letters = option.chars();
            while let Some(letter) = letters.next() {
                if with_value.contains(letter) {
                    let rest = letters.as_str();
                    let value =
                        if rest.is_empty() { words.next().cloned().unwrap_or_default() } else { rest.to_owned() };
                    made.values.push((letter, value));
                    break;
                }
                made.letters.push(letter);
            }
        }
        made
    }

    /// The value of a letter.
    #[must_use]
    pub fn value(&self, letter: char) -> Option<String> {
        self.values.iter().find(|(name, _)| *name == letter).map(|(_, value)| value.clone())
    }

    /// The same as a number.
    #[must_use]
    pub fn number(&self, letter: char) -> Option<usize> {
        self.value(letter)?.parse().ok()
    }
}
