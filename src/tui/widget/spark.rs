//! A spark line: numbers over time, one column each.

use crate::tui::theme::{Glyphs, Theme};

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 8] = [".", ".", ":", ":", "+", "+", "#", "#"];

/// The sign of each value, with `most` as the highest.
#[must_use]
pub fn signs(theme: Theme, values: &[u64], most: u64) -> Vec<&'static str> {
    let bars = if theme.glyphs == Glyphs::Ascii { ASCII } else { BARS };
    let sign = |value: &u64| match (*value, most) {
        (0, _) | (_, 0) => " ",
        (value, most) => bars[((value.min(most) * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
    };
    values.iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Colours;

    #[test]
    fn the_highest_value_is_a_full_block_and_nothing_is_blank() {
        let theme = Theme { colours: Colours::None, glyphs: Glyphs::Unicode };
        assert_eq!(signs(theme, &[0, 1, 4, 8], 8), [" ", "▁", "▄", "█"]);
    }
}
