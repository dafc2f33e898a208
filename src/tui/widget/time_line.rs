//! The lanes of a Pod's end over one axis of time: who still chose it, its hook, its grace, its life with the signals in it, what was
//! lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{spark, text};
use crate::engine::{SimDuration, SimTime};
use crate::session::{PodEnd, What};
use crate::tui::look::Look;
use crate::tui::theme::Meaning;

/// How many rows it takes.
pub const ROWS: u16 = 7;
/// The width of the names of the lanes.
const LABEL: u16 = 9;

/// The part of the area where a lane is, and how long it is.
struct Track {
    area: Rect,
    began: SimTime,
    axis: SimDuration,
}

impl Track {
    fn column(&self, at: SimTime) -> u16 {
        let whole = u128::from(self.axis.as_micros().max(1));
        let width = u128::from(self.area.width.saturating_sub(1));
        (u128::from(at.since(self.began).as_micros()).min(whole) * width / whole) as u16
    }

    fn bar(&self, buffer: &mut Buffer, (from, to): (SimTime, SimTime), sign: &str, style: ratatui::style::Style) {
        for column in self.column(from)..=self.column(to) {
            text::put_at(buffer, self.area, (column, 0), sign, style);
        }
    }

    fn mark(&self, buffer: &mut Buffer, at: SimTime, sign: &str, style: ratatui::style::Style) {
        text::put_at(buffer, self.area, (self.column(at), 0), sign, style);
    }
}

/// Draws the lanes and says how many rows they took.
pub fn draw(look: &Look<'_>, end: &PodEnd, now: SimTime, axis: SimDuration, area: Rect, buffer: &mut Buffer) -> u16 {
    let width = area.width.saturating_sub(LABEL + 1);
    let track = |row: u16| Track {
        area: Rect { x: area.x + LABEL, y: area.y + row, width, height: 1 },
        began: end.began,
        axis,
    };
    let labels =
        ["ending-lane-chosen", "ending-lane-hook", "ending-lane-grace", "ending-lane-life", "ending-lane-lost"];
    for (row, label) in (1..).zip(labels) {
        text::put_at(
            buffer,
            area,
            (0, row),
            &text::fit(&look.text(label), usize::from(LABEL) - 1, ""),
            look.style(Meaning::Muted),
        );
    }
    draw_axis(look, &track(0), buffer);
    let until = end.over.unwrap_or(now).max(end.last());
    draw_chosen(look, end, until, &track(1), buffer);
    draw_hook(look, end, until, &track(2), buffer);
    draw_grace(look, end, &track(3), buffer);
    draw_life(look, end, until, &track(4), buffer);
    draw_lost(look, end, &track(5), buffer);
    ROWS
}

fn draw_axis(look: &Look<'_>, track: &Track, buffer: &mut Buffer) {
    let style = look.style(Meaning::Muted);
    let millis = track.axis.as_millis();
    text::put_at(buffer, track.area, (0, 0), "0s", style);
    for part in 1..=4 {
        let at = millis * part / 4;
        let said =
            if millis < 10_000 { format!("{}.{}s", at / 1_000, at % 1_000 / 100) } else { format!("{}s", at / 1_000) };
        let column = track.column(track.began + SimDuration::from_millis(at)) + 1;
        text::put_at(buffer, track.area, (column.saturating_sub(said.len() as u16), 0), &said, style);
    }
}

/// Full while every machine chooses the Pod, thinner while some still do.
fn draw_chosen(look: &Look<'_>, end: &PodEnd, until: SimTime, track: &Track, buffer: &mut Buffer) {
    let by_machines =
        end.moments.iter().filter(|moment| matches!(&moment.what, What::Unchosen { by, .. } if !by.is_empty()));
    let learnt: Vec<SimTime> = by_machines.map(|moment| moment.at).collect();
    let is_behind_service = end.moments.iter().any(|moment| matches!(moment.what, What::Unchosen { .. }));
    match (learnt.first(), learnt.last()) {
        (Some(first), Some(last)) => {
            track.bar(buffer, (end.began, *last), look.theme.pick("▒", ":"), look.style(Meaning::Warning));
            track.bar(buffer, (end.began, *first), look.theme.pick("█", "#"), look.style(Meaning::Warning));
        }
        _ if is_behind_service => {
            track.bar(buffer, (end.began, until), look.theme.pick("█", "#"), look.style(Meaning::Warning))
        }
        _ => text::put_at(buffer, track.area, (0, 0), "-", look.style(Meaning::Muted)),
    }
}

fn draw_hook(look: &Look<'_>, end: &PodEnd, until: SimTime, track: &Track, buffer: &mut Buffer) {
    let mut is_empty = true;
    for moment in &end.moments {
        let What::HookBegan(container) = &moment.what else { continue };
        let ended = end.moments.iter().find(|other| matches!(&other.what, What::HookEnded(of, _) if of == container));
        let to = ended.map_or(until, |ended| ended.at);
        track.bar(buffer, (moment.at, to), look.theme.pick("█", "#"), look.style(Meaning::Busy));
        is_empty = false;
    }
    if is_empty {
        text::put_at(buffer, track.area, (0, 0), "-", look.style(Meaning::Muted));
    }
}

fn draw_grace(look: &Look<'_>, end: &PodEnd, track: &Track, buffer: &mut Buffer) {
    let stopping = end.moments.iter().find(|moment| matches!(moment.what, What::Stopping { .. }));
    let (Some(stopping), Some(deadline)) = (stopping, end.deadline()) else { return };
    track.bar(buffer, (stopping.at, deadline), look.theme.pick("░", "."), look.style(Meaning::Muted));
    if deadline <= track.began + track.axis {
        track.mark(buffer, deadline, look.theme.pick("┃", "|"), look.style(Meaning::Bad));
    }
}

/// The life of the containers, with `T` for the stop signal, `K` for SIGKILL, `x` for an end.
fn draw_life(look: &Look<'_>, end: &PodEnd, until: SimTime, track: &Track, buffer: &mut Buffer) {
    let exits = end.moments.iter().filter(|moment| matches!(moment.what, What::Exited { .. })).map(|moment| moment.at);
    let last = exits.clone().max().unwrap_or(until);
    track.bar(buffer, (end.began, last), look.theme.pick("━", "="), look.style(Meaning::Good));
    for moment in end.moments.iter().filter(|moment| matches!(moment.what, What::Line(..))) {
        track.mark(buffer, moment.at, look.theme.pick("•", "."), look.style(Meaning::Text));
    }
    for at in exits {
        track.mark(buffer, at, look.theme.pick("×", "x"), look.style(Meaning::Gone));
    }
    for moment in end.moments.iter().filter(|moment| moment.is_stop()) {
        track.mark(buffer, moment.at, "T", look.style(Meaning::Key));
    }
    for moment in end.moments.iter().filter(|moment| moment.is_kill()) {
        track.mark(buffer, moment.at, "K", look.style(Meaning::Bad));
    }
}

fn draw_lost(look: &Look<'_>, end: &PodEnd, track: &Track, buffer: &mut Buffer) {
    let mut lost = vec![0; usize::from(track.area.width)];
    for moment in &end.moments {
        if let What::Lost { count, .. } = moment.what
            && let Some(column) = lost.get_mut(usize::from(track.column(moment.at)))
        {
            *column += count;
        }
    }
    let most = lost.iter().copied().max().unwrap_or(0);
    let signs = if most == 0 { "-".to_owned() } else { spark::signs(look.theme, &lost, most).concat() };
    let meaning = if most == 0 { Meaning::Muted } else { Meaning::Bad };
    text::put_at(buffer, track.area, (0, 0), &signs, look.style(meaning));
}
