//! A gauge: how much of something is used, as a bar.

use crate::tui::theme::{Meaning, Theme};

/// A bar of `columns` of which `used` out of `hard` is filled.
#[must_use]
pub fn bar(theme: Theme, used: u64, hard: u64, columns: usize) -> String {
    let eighths = if hard == 0 { 0 } else { (u128::from(used) * columns as u128 * 8 / u128::from(hard)) as usize };
    let eighths = eighths.min(columns * 8);
    let (full, rest) = (eighths / 8, eighths % 8);
    let mut out = theme.pick("█", "#").repeat(full);
    if full < columns && rest > 0 {
        out.push_str(theme.pick(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest], if rest >= 4 { "=" } else { "-" }));
    }
    let drawn = full + usize::from(full < columns && rest > 0);
    out.push_str(&theme.pick("░", ".").repeat(columns - drawn));
    out
}

/// What a share means: full is a warning before it is trouble.
#[must_use]
pub fn meaning(used: u64, hard: u64) -> Meaning {
    match hard {
        _ if used >= hard && used > 0 => Meaning::Bad,
        _ if used.saturating_mul(10) >= hard.saturating_mul(8) && used > 0 => Meaning::Warning,
        _ => Meaning::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Colours, Glyphs};

    #[test]
    fn a_bar_is_always_as_wide_as_asked() {
        let theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii };
        assert_eq!(bar(theme, 1, 2, 4), "##..");
        assert_eq!(bar(theme, 9, 2, 4), "####");
        assert_eq!(bar(theme, 1, 0, 4), "....");
        assert_eq!(meaning(9, 10), Meaning::Warning);
        assert_eq!(meaning(10, 10), Meaning::Bad);
    }
}
