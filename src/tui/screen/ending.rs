//! The shutdown timeline: the end of a Pod on one axis of time, and beside it another one: of this run, or of the other future.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, ScreenName, on_object};
use crate::engine::{SimDuration, SimTime};
use crate::model::ObjectKey;
use crate::session::ending::{beside, endings};
use crate::session::{Moment, PodEnd, What};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text, time_line};

/// The timeline; without a Pod that of the newest end.
#[derive(Default)]
pub struct EndingScreen {
    /// The Pod that is looked for, and when its end began, once one was chosen.
    pod: Option<ObjectKey>,
    began: Option<SimTime>,
    /// The end beside it, when somebody asked for one of the same run.
    beside: Option<usize>,
    top: usize,
}

/// What is on screen: the ends with the names of the runs that they are of.
struct Shown {
    ends: Vec<(String, PodEnd, SimTime)>,
    place: usize,
    count: usize,
}

impl EndingScreen {
    /// The timeline of a Pod's end.
    #[must_use]
    pub fn of(pod: ObjectKey) -> Self {
        Self { pod: Some(pod), ..Self::default() }
    }

    fn place(&self, ends: &[PodEnd]) -> Option<usize> {
        let is_pod = |end: &PodEnd| self.pod.as_ref().is_none_or(|pod| *pod == end.pod);
        let is_chosen = |end: &PodEnd| is_pod(end) && self.began.is_none_or(|began| began == end.began);
        ends.iter().position(is_chosen)
    }

    fn shown(&self, look: &Look<'_>) -> Option<Shown> {
        let play = look.play?;
        let ends = endings(play.session.cluster());
        let place = self.place(&ends)?;
        let chosen = ends.get(place)?;
        let (mine, theirs) = if play.is_fork { ("B", "A") } else { ("A", "B") };
        let now = look.now();
        let mut shown = Vec::new();
        match (&play.other, self.beside) {
            (Some(other), None) => {
                shown.push((mine.to_owned(), chosen.clone(), now));
                let there = endings(other.cluster());
                shown.extend(beside(&there, &chosen.pod).map(|end| (theirs.to_owned(), end.clone(), other.now())));
                shown.sort_by(|one, two| one.0.cmp(&two.0));
            }
            (_, Some(beside)) => {
                shown.push((String::new(), chosen.clone(), now));
                let second = ends.get((place + 1 + beside) % ends.len());
                shown.extend(second.map(|end| (String::new(), end.clone(), now)));
            }
            (None, None) => shown.push((String::new(), chosen.clone(), now)),
        }
        Some(Shown { ends: shown, place, count: ends.len() })
    }

    fn choose(&mut self, look: &Look<'_>, step: isize) {
        let Some(cluster) = look.cluster() else { return };
        let ends = endings(cluster);
        let place = self.place(&ends).unwrap_or(0);
        // To the left is earlier; the newest stands first.
        let wanted = place.saturating_add_signed(-step).min(ends.len().saturating_sub(1));
        if let Some(end) = ends.get(wanted) {
            self.pod = Some(end.pod.clone());
            self.began = Some(end.began);
            self.top = 0;
        }
    }
}

/// `+12.345`, from the beginning of the end.
fn offset(end: &PodEnd, at: SimTime) -> String {
    let span = at.since(end.began).as_millis();
    format!("+{}.{:03}", span / 1_000, span % 1_000)
}

/// A moment in words.
fn sentence(look: &Look<'_>, what: &What) -> (String, Meaning) {
    let with = |id: &str, values: &[(&'static str, &str)]| {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, (*value).into())).collect();
        look.locale.with(id, &values)
    };
    match what {
        What::Deleted { by } => (with("ending-deleted", &[("who", by)]), Meaning::Key),
        What::Ends(why) => (with("ending-ends", &[("why", why)]), Meaning::Key),
        What::Stopping { message, .. } => (message.to_string(), Meaning::Busy),
        What::Unchosen { service, by } if by.is_empty() => {
            (with("ending-slice", &[("service", service)]), Meaning::Accent)
        }
        What::Unchosen { service, by } => {
            (with("ending-proxy", &[("service", service), ("node", by)]), Meaning::Accent)
        }
        What::HookBegan(container) => (with("ending-hook", &[("container", container)]), Meaning::Busy),
        What::HookEnded(container, how) => {
            let (id, meaning) = match *how {
                "preStop ended" => ("ending-hook-ended", Meaning::Good),
                "preStop failed" => ("ending-hook-failed", Meaning::Bad),
                _ => ("ending-hook-cut", Meaning::Warning),
            };
            (with(id, &[("container", container)]), meaning)
        }
        What::Signalled(_, fate) => (fate.sentence(), Meaning::Text),
        What::Line(container, line) => (format!("{container}: {line}"), Meaning::Text),
        What::ProcessEnded { pid, command, code } => {
            let values = [("pid", pid.to_string()), ("code", code.to_string())];
            let values: Vec<(&'static str, &str)> =
                values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            (with("ending-process", &[values[0], values[1], ("command", command)]), Meaning::Muted)
        }
        What::Exited { container, code, reason } => {
            let meaning = match code {
                0 => Meaning::Good,
                137 => Meaning::Bad,
                _ => Meaning::Warning,
            };
            let code = code.to_string();
            (with("ending-exited", &[("container", container), ("code", &code), ("reason", reason)]), meaning)
        }
        What::Lost { client, count } => {
            let values = [("count", (*count).into()), ("client", client.to_string().into())];
            (look.locale.with("ending-lost", &values), Meaning::Bad)
        }
        What::Removed => (look.text("ending-removed"), Meaning::Gone),
    }
}

fn moment_meaning(moment: &Moment, otherwise: Meaning) -> Meaning {
    match moment {
        moment if moment.is_kill() => Meaning::Bad,
        moment if moment.is_unheard() => Meaning::Warning,
        moment if moment.is_stop() => Meaning::Busy,
        _ => otherwise,
    }
}

fn lines(look: &Look<'_>, end: &PodEnd, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for moment in &end.moments {
        let (said, meaning) = sentence(look, &moment.what);
        let meaning = moment_meaning(moment, meaning);
        let when = format!("{:>8} {} ", offset(end, moment.at), look.theme.sign(meaning));
        for (row, part) in text::wrap(&said, width.saturating_sub(text::width(&when))).into_iter().enumerate() {
            let head = if row == 0 { when.clone() } else { " ".repeat(text::width(&when)) };
            lines.push(text::spans(vec![(head, look.style(Meaning::Muted)), (part, look.style(meaning))]));
        }
    }
    if end.over.is_none() {
        lines.push(text::line(look.text("ending-goes-on"), look.style(Meaning::Busy)));
    }
    lines
}

/// How long the axis must be for an end.
fn span(end: &PodEnd, now: SimTime) -> SimDuration {
    let killed = end.killed_at().is_some();
    let deadline = end.deadline().filter(|_| end.over.is_none() || killed).unwrap_or(end.began);
    let until = end.over.unwrap_or(now).max(end.last()).max(deadline);
    until.since(end.began).max(SimDuration::from_secs(1))
}

fn draw_end(
    look: &Look<'_>,
    (run, end, now): &(String, PodEnd, SimTime),
    (axis, top, focus): (SimDuration, usize, pane::Focus),
    area: Rect,
    buffer: &mut Buffer,
) {
    let lost = look.locale.with("ending-lost-all", &[("count", end.lost().into())]);
    let run = if run.is_empty() { String::new() } else { format!("{run}  ") };
    let name =
        text::squeeze(&end.pod.name, usize::from(area.width).saturating_sub(30).max(12), look.theme.pick("…", "~"));
    let caption = format!("{run}{name}  {}  {lost}", look.clock(end.began));
    let inside = pane::frame(buffer, area, look.theme, &caption, focus);
    let drawn = time_line::draw(look, end, *now, axis, inside, buffer);
    let list = Rect { y: inside.y + drawn, height: inside.height.saturating_sub(drawn), ..inside };
    let all = lines(look, end, usize::from(list.width));
    let top = top.min(all.len().saturating_sub(usize::from(list.height)));
    text::put_lines(buffer, list, &all[top..]);
    scroll::bar(buffer, list, look.theme, top, all.len());
}

impl Screen for EndingScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Ending
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("ending-title")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let shown = self.shown(look);
        let width = usize::from(look.body.width) / shown.as_ref().map_or(1, |shown| shown.ends.len().max(1));
        let of =
            |shown: &Shown| shown.ends.iter().map(|(_, end, _)| lines(look, end, width.saturating_sub(2)).len()).max();
        let count = shown.as_ref().and_then(of).unwrap_or(0);
        let height = usize::from(look.body.height).saturating_sub(usize::from(time_line::ROWS) + 2);
        if let Some(top) = scroll::scrolled(self.top, action, count, height) {
            self.top = top;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Left => self.choose(look, -1),
            Action::Right => self.choose(look, 1),
            Action::Cycle => {
                let count = shown.map_or(0, |shown| shown.count);
                let next = self.beside.map_or(0, |beside| beside + 1);
                self.beside = (next + 1 < count).then_some(next);
            }
            Action::Enter => {
                let pod = shown.and_then(|shown| shown.ends.into_iter().next()).map(|(_, end, _)| end.pod);
                return pod.map_or_else(Vec::new, |pod| on_object::asks(&Action::Why, &pod, look));
            }
            Action::Ending => return vec![Ask::Close],
            _ => return Vec::new(),
        }
        vec![Ask::Nothing]
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let Some(shown) = self.shown(look) else {
            let inside = pane::frame(buffer, area, look.theme, &look.text("ending-title"), pane::Focus::Here);
            let said = match &self.pod {
                Some(pod) => look.locale.with("ending-not-yet", &[("pod", pod.name.to_string().into())]),
                None => look.text("ending-none"),
            };
            let said = text::wrap(&said, usize::from(inside.width).saturating_sub(4));
            for (row, line) in (1..).zip(said) {
                text::put_at(buffer, inside, (2, row), &line, look.style(Meaning::Muted));
            }
            return;
        };
        let axis = shown.ends.iter().map(|(_, end, now)| span(end, *now)).max().unwrap_or(SimDuration::from_secs(1));
        let width = area.width / shown.ends.len() as u16;
        for (number, end) in (0..).zip(&shown.ends) {
            let x = area.x + number * width;
            let is_last = usize::from(number) + 1 == shown.ends.len();
            let part = Rect { x, width: if is_last { area.right() - x } else { width }, ..area };
            let focus = if number == 0 { pane::Focus::Here } else { pane::Focus::Elsewhere };
            draw_end(look, end, (axis, self.top, focus), part, buffer);
        }
        let place = format!(" {}/{} ", shown.count - shown.place, shown.count);
        let column = area.width.saturating_sub(text::width(&place) as u16 + 2);
        text::put_at(buffer, area, (column, area.height.saturating_sub(1)), &place, look.style(Meaning::Muted));
    }
}
