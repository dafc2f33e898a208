//! The footer: what the keys do here, as far as there is room; the help is always the last to go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text;
use crate::tui::action::Action;
use crate::tui::keymap::{self, Danger, Entry};
use crate::tui::look::Look;
use crate::tui::screen::ScreenName;
use crate::tui::theme::Meaning;

/// Keys of this rank and above stand in the help only.
const RANK_HELP_ONLY: u8 = 9;

/// Draws the hints of a screen into one line.
pub fn draw(look: &Look<'_>, screen: ScreenName, area: Rect, buffer: &mut Buffer) {
    buffer.set_style(area, look.style(Meaning::Bar));
    let entries = keymap::on(screen);
    let mut line = Line::default();
    let mut room = usize::from(area.width).saturating_sub(1);
    let help = entries.iter().find(|entry| entry.hint == "key-help");
    // Who looks at the past wants to move on, or back to the present.
    let is_past = look.session().is_some_and(crate::session::Session::is_in_the_past);
    // And whoever stopped time must be able to let it go.
    let is_paused = !is_past && look.session().is_some_and(|session| session.pace().is_paused());
    let is_needed =
        |entry: &&Entry| is_past && keymap::is_of_the_past(entry) || is_paused && entry.action == Action::TogglePause;
    let rest =
        entries.iter().filter(|entry| entry.hint != "key-help" && !is_needed(entry) && entry.rank < RANK_HELP_ONLY);
    for entry in help.into_iter().chain(entries.iter().filter(is_needed)).chain(rest) {
        let is_way_back = is_past && entry.action == Action::Back && keymap::is_base(screen);
        let hint = match entry.action {
            Action::TogglePause if is_paused => "key-resume",
            _ if is_way_back => "key-present",
            _ => entry.hint,
        };
        let (key, hint) = (entry.chord.caption(), look.text(hint));
        let size = text::width(&key) + text::width(&hint) + 3;
        if size > room {
            continue;
        }
        room -= size;
        let danger = if entry.danger == Danger::Changes { Meaning::Warning } else { Meaning::Muted };
        line.push_span(Span::styled(format!(" {key}"), look.style(Meaning::Key)));
        line.push_span(Span::styled(format!(" {hint} "), look.style(danger)));
    }
    text::put(buffer, area, 0, &line);
}
