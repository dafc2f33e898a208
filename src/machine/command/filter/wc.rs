//! `wc`: lines, words and bytes of each file and of all together.

use crate::machine::image::executable::Flavour;

/// Width of a column of BusyBox. Source: `coreutils/wc.c`, `COUNT_FMT`.
const BUSYBOX_WIDTH: usize = 9;
/// Width of a column of GNU when the size of an input is not known beforehand. Source: `src/wc.c`, `compute_number_width`.
const GNU_WIDTH: usize = 7;

/// Counts under way.
#[derive(Clone, Debug)]
pub struct Wc {
    flavour: Flavour,
    /// Letters of what is shown; none shows lines, words and bytes.
    shows: String,
    /// What was counted, by file; without a name it is standard input.
    counted: Vec<(Option<String>, Counts)>,
    is_in_word: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

impl Wc {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(shows: &str, flavour: Flavour) -> Self {
        Self { flavour, shows: shows.to_owned(), counted: Vec::new(), is_in_word: false }
    }

    /// Another file begins.
    pub fn begin(&mut self, file: Option<&str>) {
        self.counted.push((file.map(str::to_owned), Counts::default()));
        self.is_in_word = false;
    }

    /// Counts a piece of the present file.
    pub fn count(&mut self, bytes: &[u8]) {
        let Some((_, counts)) = self.counted.last_mut() else { return };
        counts.bytes += bytes.len() as u64;
        for byte in bytes {
            counts.lines += u64::from(*byte == b'\n');
            let is_space = byte.is_ascii_whitespace();
            counts.words += u64::from(!is_space && !self.is_in_word);
            self.is_in_word = !is_space;
        }
    }

    /// What is printed at the end.
    #[must_use]
    pub fn table(&self) -> String {
        let mut rows = self.counted.clone();
        if rows.len() > 1 {
            let mut total = Counts::default();
            for (_, counts) in &rows {
                total.lines += counts.lines;
                total.words += counts.words;
                total.bytes += counts.bytes;
            }
            rows.push((Some("total".to_owned()), total));
        }
        rows.iter().map(|(name, counts)| self.row(name.as_deref(), counts)).collect()
    }

    fn row(&self, name: Option<&str>, counts: &Counts) -> String {
        let wanted = |letter| self.shows.is_empty() || self.shows.contains(letter);
        let all = [('l', counts.lines), ('w', counts.words), ('c', counts.bytes)];
        let shown: Vec<u64> = all.into_iter().filter(|(letter, _)| wanted(*letter)).map(|(_, count)| count).collect();
        let width = self.width(shown.len());
        let columns: Vec<String> = shown.iter().map(|count| format!("{count:>width$}")).collect();
        let name = name.map(|name| format!(" {name}")).unwrap_or_default();
        format!("{}{name}\n", columns.join(" "))
    }

    fn width(&self, columns: usize) -> usize {
        match self.flavour {
            _ if columns == 1 && self.counted.len() <= 1 => 1,
            Flavour::Busybox => {
                if columns == 1 {
                    1
                } else {
                    BUSYBOX_WIDTH
                }
            }
            Flavour::Gnu if self.counted.iter().any(|(name, _)| name.is_none()) => GNU_WIDTH,
            Flavour::Gnu => self.counted.iter().map(|(_, counts)| counts.bytes).sum::<u64>().to_string().len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wc(shows: &str, flavour: Flavour, files: &[(Option<&str>, &str)]) -> String {
        let mut wc = Wc::new(shows, flavour);
        for (name, text) in files {
            wc.begin(*name);
            wc.count(text.as_bytes());
        }
        wc.table()
    }

    #[test]
    fn a_last_line_without_an_end_has_bytes_but_is_no_line() {
        assert_eq!(wc("c", Flavour::Busybox, &[(None, "tulip")]), "5\n");
        assert_eq!(wc("c", Flavour::Busybox, &[(Some("/etc/db/password"), "tulip\n")]), "6 /etc/db/password\n");
        assert_eq!(wc("l", Flavour::Gnu, &[(None, "a\nb")]), "1\n");
    }

    #[test]
    fn several_columns_are_aligned_as_each_of_the_two_does_it() {
        assert_eq!(wc("", Flavour::Busybox, &[(None, "hi\n")]), "        1         1         3\n");
        assert_eq!(wc("", Flavour::Gnu, &[(None, "hi\n")]), "      1       1       3\n");
        assert_eq!(
            wc("", Flavour::Gnu, &[(Some("a"), "hi you\n"), (Some("b"), "x\n")]),
            "1 2 7 a\n1 1 2 b\n2 3 9 total\n"
        );
    }
}
