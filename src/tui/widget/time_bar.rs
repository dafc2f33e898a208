//! The time bar: what time it is, how it runs, and the whole run as a line one can move along.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::text;
use crate::engine::SimTime;
use crate::session::Session;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;

/// No line is drawn with less room than this.
const TRACK_MIN: u16 = 12;

/// Draws the bar into one line.
pub fn draw(look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
    let (Some(play), Some(session)) = (look.play, look.session()) else { return };
    buffer.set_style(area, look.style(Meaning::Bar));
    let (sign, word, meaning) = state(look, session);
    let mut line = Line::from(vec![
        Span::styled(format!(" {sign} "), look.style(meaning)),
        Span::styled(look.text(word), look.style(meaning)),
        Span::styled(format!("  {}", look.clock(session.now())), Style::new().add_modifier(Modifier::BOLD)),
        Span::styled(
            format!("  {}  ", session.pace().to_string().replace('×', look.theme.pick("×", "x"))),
            look.style(Meaning::Muted),
        ),
    ]);
    if play.other.is_some() {
        let name = if play.is_fork { "B" } else { "A" };
        line.push_span(Span::styled(format!("{} {name}  ", look.text("time-future")), look.style(Meaning::Key)));
    }
    text::put(buffer, area, 0, &line);
    let used = line.width() as u16;
    let tail = format!(" {} ", look.clock(session.present()));
    let tail_width = text::width(&tail) as u16;
    let room = area.width.saturating_sub(used + tail_width);
    if room >= TRACK_MIN {
        let track = Rect { x: area.x + used, width: room, ..area };
        draw_track(look, session, track, buffer);
        text::put_at(buffer, area, (used + room, 0), &tail, look.style(Meaning::Muted));
    }
}

fn state(look: &Look<'_>, session: &Session) -> (&'static str, &'static str, Meaning) {
    if session.is_in_the_past() {
        (look.theme.pick("◀", "<"), "time-past", Meaning::Warning)
    } else if session.pace().is_paused() {
        (look.theme.pick("‖", "="), "time-paused", Meaning::Busy)
    } else {
        (look.theme.pick("▶", ">"), "time-running", Meaning::Good)
    }
}

fn draw_track(look: &Look<'_>, session: &Session, track: Rect, buffer: &mut Buffer) {
    let (from, to) = (session.arrived_at(), session.present());
    let column = |at: SimTime| {
        let whole = to.since(from).as_micros().max(1);
        let part = at.since(from).as_micros().min(whole);
        (u128::from(part) * u128::from(track.width - 1) / u128::from(whole)) as u16
    };
    let here = column(session.now());
    for x in 0..track.width {
        let (symbol, meaning) = if x <= here {
            (look.theme.pick("━", "="), Meaning::Accent)
        } else {
            (look.theme.pick("─", "-"), Meaning::Frame)
        };
        text::put_at(buffer, track, (x, 0), symbol, look.style(meaning));
    }
    for (at, _) in session.bookmarks() {
        text::put_at(buffer, track, (column(*at), 0), look.theme.pick("◆", "o"), look.style(Meaning::Key));
    }
    text::put_at(buffer, track, (here, 0), look.theme.pick("●", "O"), look.style(Meaning::Accent));
}
