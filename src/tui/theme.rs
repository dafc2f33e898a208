//! The theme: what a meaning looks like. Nothing is told by colour alone: every meaning has a sign too.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen that every terminal has.
    Sixteen,
    /// None: `NO_COLOR`.
    None,
}

/// Which characters may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Lines, blocks and signs of Unicode.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// What a piece of a screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Ordinary text.
    Text,
    /// Less important text.
    Muted,
    /// Titles and what has the focus.
    Accent,
    /// As it should be.
    Good,
    /// On its way.
    Busy,
    /// Worth a look.
    Warning,
    /// Broken.
    Bad,
    /// Ended, gone, off.
    Gone,
    /// The key in a hint.
    Key,
    /// The row or item chosen.
    Chosen,
    /// The frame of a pane.
    Frame,
    /// The frame of the pane with the focus.
    FocusFrame,
    /// The bar at the top and bottom.
    Bar,
    /// What the user types.
    Input,
}

/// Colours and characters of one terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// How many colours.
    pub colours: Colours,
    /// Which characters.
    pub glyphs: Glyphs,
}

/// Foreground as RGB, its nearest of 256, its nearest of 16.
type Shade = ((u8, u8, u8), u8, Color);

/// With sixteen colours text is what the terminal's owner reads best: its own foreground.
const INK: Shade = ((215, 218, 224), 253, Color::Reset);
const GREY: Shade = ((128, 136, 152), 246, Color::DarkGray);
const BLUE: Shade = ((97, 175, 239), 75, Color::Blue);
const GREEN: Shade = ((152, 195, 121), 114, Color::Green);
const YELLOW: Shade = ((229, 192, 123), 180, Color::Yellow);
const ORANGE: Shade = ((222, 146, 84), 173, Color::LightYellow);
const RED: Shade = ((240, 113, 120), 203, Color::Red);
const VIOLET: Shade = ((198, 160, 246), 183, Color::Magenta);
const NIGHT: Shade = ((32, 36, 50), 235, Color::Black);
const LINE: Shade = ((68, 76, 96), 239, Color::DarkGray);

impl Theme {
    /// The theme of a terminal that announces itself by these variables: `NO_COLOR`, `COLORTERM`, `TERM`, `LANG`.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let is_true = variable("COLORTERM").is_some_and(|value| value.contains("truecolor") || value.contains("24bit"));
        let colours = if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Colours::None
        } else if is_true {
            Colours::True
        } else if term.contains("256") {
            Colours::Indexed
        } else {
            Colours::Sixteen
        };
        let is_ascii = variable("PODLAB_ASCII").is_some_and(|value| !value.is_empty()) || term == "dumb";
        Self { colours, glyphs: if is_ascii { Glyphs::Ascii } else { Glyphs::Unicode } }
    }

    /// The style of a meaning.
    #[must_use]
    pub fn style(&self, meaning: Meaning) -> Style {
        let fg = |shade: Shade| self.colour(shade).map_or(Style::new(), |colour| Style::new().fg(colour));
        match meaning {
            Meaning::Text | Meaning::Input => fg(INK),
            Meaning::Muted => fg(GREY),
            Meaning::Accent => fg(BLUE).add_modifier(Modifier::BOLD),
            Meaning::Good => fg(GREEN),
            Meaning::Busy => fg(YELLOW),
            Meaning::Warning => fg(ORANGE),
            Meaning::Bad => fg(RED).add_modifier(Modifier::BOLD),
            // Dimmed twice over, grey cannot be read any more where there are sixteen colours.
            Meaning::Gone if self.colours == Colours::Sixteen => fg(GREY),
            Meaning::Gone => fg(GREY).add_modifier(Modifier::DIM),
            Meaning::Key => fg(VIOLET).add_modifier(Modifier::BOLD),
            Meaning::Chosen => self.chosen(),
            Meaning::Frame => fg(LINE),
            Meaning::FocusFrame => fg(BLUE),
            Meaning::Bar => self.bar(),
        }
    }

    /// A style where something is chosen: with few colours the choice alone is shown, so that it is one piece.
    #[must_use]
    pub fn on_chosen(&self, style: Style) -> Style {
        let chosen = self.style(Meaning::Chosen);
        match self.colours {
            Colours::True | Colours::Indexed => style.patch(Style { fg: style.fg, ..chosen }),
            Colours::Sixteen | Colours::None => chosen,
        }
    }

    fn chosen(&self) -> Style {
        match (self.colour(INK), self.colour(LINE), self.colours) {
            (Some(ink), Some(line), Colours::True | Colours::Indexed) => {
                Style::new().fg(ink).bg(line).add_modifier(Modifier::BOLD)
            }
            _ => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    fn bar(&self) -> Style {
        match (self.colour(INK), self.colour(NIGHT), self.colours) {
            (Some(ink), Some(night), Colours::True | Colours::Indexed) => Style::new().fg(ink).bg(night),
            _ => Style::new(),
        }
    }

    fn colour(&self, ((red, green, blue), indexed, sixteen): Shade) -> Option<Color> {
        match self.colours {
            Colours::True => Some(Color::Rgb(red, green, blue)),
            Colours::Indexed => Some(Color::Indexed(indexed)),
            Colours::Sixteen => Some(sixteen),
            Colours::None => None,
        }
    }

    /// The sign of a meaning: one column wide.
    #[must_use]
    pub fn sign(&self, meaning: Meaning) -> &'static str {
        let (unicode, ascii) = match meaning {
            Meaning::Good => ("✔", "+"),
            Meaning::Busy => ("◔", "~"),
            Meaning::Warning => ("▲", "!"),
            Meaning::Bad => ("✘", "x"),
            Meaning::Gone => ("·", "."),
            Meaning::Chosen => ("▶", ">"),
            _ => ("•", "*"),
        };
        self.pick(unicode, ascii)
    }

    /// One of two texts, by the characters that may be drawn.
    #[must_use]
    pub fn pick(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.glyphs == Glyphs::Ascii { ascii } else { unicode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(pairs: &[(&str, &str)]) -> Theme {
        Theme::detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_terminal_without_colours_gets_none() {
        let plain = theme(&[("NO_COLOR", "1"), ("TERM", "xterm-256color")]);
        assert_eq!(plain.colours, Colours::None);
        assert_eq!(plain.style(Meaning::Bad).fg, None);
        assert_eq!(theme(&[("TERM", "xterm-256color")]).colours, Colours::Indexed);
        assert_eq!(theme(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).colours, Colours::True);
        assert_eq!(theme(&[("TERM", "dumb")]).sign(Meaning::Good), "+");
    }
}
