//! The lesson: the story with its goals and questions beside the living cluster.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::topology::Topology;
use super::{Screen, ScreenName};
use crate::scenario::{Act, GoalState, Lesson, Miss};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::markdown;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// From this width on both halves are shown.
const BOTH_HALVES_MIN: u16 = 100;

/// The lesson.
#[derive(Default)]
pub struct LessonScreen {
    half: Half,
    /// The first line of the story on screen; `None` follows the present step.
    top: Option<usize>,
    option: usize,
    topology: Topology,
    /// The step that the scroll position belongs to.
    step: usize,
}

/// The half that the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Half {
    #[default]
    Story,
    Cluster,
}

impl LessonScreen {
    fn halves(&self, area: Rect) -> (Option<Rect>, Option<Rect>) {
        if area.width >= BOTH_HALVES_MIN {
            let story = Rect { width: area.width * 46 / 100, ..area };
            let cluster = Rect { x: story.right(), width: area.width - story.width, ..area };
            return (Some(story), Some(cluster));
        }
        match self.half {
            Half::Story => (Some(area), None),
            Half::Cluster => (None, Some(area)),
        }
    }

    /// The story up to where the learner is, and the line at which the present step begins.
    fn story(&self, look: &Look<'_>, columns: usize) -> (Vec<Line<'static>>, usize) {
        let Some(session) = look.session() else { return (Vec::new(), 0) };
        let (lesson, spec, language) = (session.lesson(), session.scenario().spec(), look.language());
        let mut lines = goals(look, lesson, columns);
        let mut start = 0;
        for (index, (step, state)) in spec.steps.iter().zip(lesson.steps()).enumerate() {
            if index > lesson.current() {
                break;
            }
            if index == lesson.current() {
                start = lines.len();
            }
            lines.push(rule(look, index, spec.steps.len(), columns));
            lines.extend(markdown::lines(step.say.get(language), columns, look.theme));
            if let Some(predict) = &step.predict {
                lines.push(Line::default());
                lines.extend(self.question(look, predict, state.answer, index == lesson.current(), columns));
            }
            for (number, hint) in state.hints.iter().enumerate() {
                lines.push(Line::default());
                lines
                    .push(text::line(format!("{} {}", look.text("lesson-hint"), number + 1), look.style(Meaning::Key)));
                lines.extend(markdown::lines(hint.get(language), columns, look.theme));
            }
            if let GoalState::Missed { why, .. } = &state.goal {
                lines.push(Line::default());
                let said = match why {
                    Miss::TooLate => look.text("lesson-too-late"),
                    Miss::Interrupted => look.text("lesson-interrupted"),
                    Miss::Broken(why) => why.clone(),
                };
                lines.extend(
                    text::wrap(&said, columns).into_iter().map(|line| text::line(line, look.style(Meaning::Bad))),
                );
            }
            lines.push(Line::default());
        }
        for (wrong, mistake) in lesson.mistakes().filter(|(_, mistake)| mistake.is_present) {
            lines.push(text::line(
                format!(
                    "{} {} ({})",
                    look.theme.sign(Meaning::Warning),
                    look.text("lesson-mistake"),
                    look.clock(mistake.at)
                ),
                look.style(Meaning::Warning),
            ));
            lines.extend(markdown::lines(wrong.because.get(language), columns, look.theme));
            lines.push(Line::default());
        }
        if lesson.is_solved() {
            start = lines.len();
            lines.extend(debrief(look, lesson, columns));
        }
        let is_answered = lesson.steps().get(lesson.current()).is_some_and(|state| {
            state.answer.is_some() || !state.hints.is_empty() || matches!(state.goal, GoalState::Missed { .. })
        });
        // What was said last to the learner is at the end of the step; a step that was not begun is read from its start.
        (lines, if is_answered { usize::MAX } else { start })
    }

    fn question(
        &self,
        look: &Look<'_>,
        predict: &crate::scenario::spec::Predict,
        answer: Option<crate::scenario::Answer>,
        is_present: bool,
        columns: usize,
    ) -> Vec<Line<'static>> {
        let language = look.language();
        let mut lines = vec![text::line(look.text("lesson-predict"), look.style(Meaning::Key))];
        lines.extend(markdown::lines(predict.ask.get(language), columns, look.theme));
        for (number, option) in predict.options.iter().enumerate() {
            let (sign, meaning) = match answer {
                Some(given) if given.option == number && given.is_right => {
                    (look.theme.sign(Meaning::Good), Meaning::Good)
                }
                Some(given) if given.option == number => (look.theme.sign(Meaning::Bad), Meaning::Bad),
                Some(_) if number == predict.answer => (look.theme.sign(Meaning::Good), Meaning::Good),
                Some(_) => (" ", Meaning::Muted),
                None if is_present && self.option == number => (look.theme.sign(Meaning::Chosen), Meaning::Chosen),
                None => (" ", Meaning::Text),
            };
            for (row, part) in text::wrap(option.get(language), columns.saturating_sub(4)).into_iter().enumerate() {
                let head = if row == 0 { sign } else { " " };
                lines.push(text::line(format!(" {head} {part}"), look.style(meaning)));
            }
        }
        if answer.is_some() && !predict.because.is_empty() {
            lines.extend(markdown::lines(predict.because.get(language), columns, look.theme));
        }
        lines
    }

    fn story_action(&mut self, action: &Action, look: &Look<'_>, area: Rect) -> Vec<Ask> {
        let Some(lesson) = look.session().map(crate::session::Session::lesson) else { return Vec::new() };
        if let Some(question) = lesson.question() {
            match action {
                Action::Up => self.option = self.option.saturating_sub(1),
                Action::Down => self.option = (self.option + 1).min(question.options.len().saturating_sub(1)),
                Action::Enter => {
                    self.top = None;
                    let option = std::mem::take(&mut self.option);
                    return vec![Ask::Lesson(Act::Answer(option))];
                }
                _ => {}
            }
            if matches!(action, Action::Up | Action::Down) {
                return vec![Ask::Nothing];
            }
        }
        let room = story_room(area);
        let (lines, start) = self.story(look, usize::from(room.width));
        let height = usize::from(room.height);
        let top = self.top.unwrap_or(start).min(lines.len().saturating_sub(height));
        if let Some(top) = scroll::scrolled(top, action, lines.len(), height) {
            self.top = Some(top);
            return vec![Ask::Nothing];
        }
        match action {
            Action::Enter if lesson.is_solved() => vec![Ask::Leave],
            Action::Enter if lesson.awaits_reading() => vec![Ask::Lesson(Act::Advance)],
            Action::Enter => vec![Ask::Say(look.text("lesson-goal-first"))],
            _ => Vec::new(),
        }
    }
}

/// The list of goals at the top, each with how it stands.
fn goals(look: &Look<'_>, lesson: &Lesson, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (_, goal, state) in lesson.goals() {
        let (sign, meaning) = match state {
            GoalState::Reached { .. } => (look.theme.sign(Meaning::Good), Meaning::Good),
            GoalState::Holding { .. } => (look.theme.sign(Meaning::Busy), Meaning::Busy),
            GoalState::Missed { .. } => (look.theme.sign(Meaning::Bad), Meaning::Bad),
            GoalState::Open => (look.theme.pick("○", "o"), Meaning::Text),
            GoalState::Ahead => (look.theme.pick("○", "o"), Meaning::Muted),
        };
        let tail = match state {
            GoalState::Reached { at } => format!("  {}", look.clock(*at)),
            GoalState::Holding { since } => {
                let hold = goal.hold.map(|hold| hold.0).unwrap_or_default();
                format!("  {}s/{}s", look.now().since(*since).as_secs(), hold.as_secs())
            }
            _ => String::new(),
        };
        for (row, part) in
            text::wrap(goal.title.get(look.language()), columns.saturating_sub(3)).into_iter().enumerate()
        {
            let head = if row == 0 { sign } else { " " };
            let mut line = Line::from(vec![Span::styled(format!("{head} {part}"), look.style(meaning))]);
            if row == 0 {
                line.push_span(Span::styled(tail.clone(), look.style(Meaning::Muted)));
            }
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        lines.insert(0, text::line(look.text("lesson-goals"), look.style(Meaning::Accent)));
        lines.push(Line::default());
    }
    lines
}

fn rule(look: &Look<'_>, index: usize, count: usize, columns: usize) -> Line<'static> {
    let caption = format!(" {} {}/{count} ", look.text("lesson-step"), index + 1);
    let dash = look.theme.pick("─", "-");
    let rest = columns.saturating_sub(text::width(&caption) + 2);
    Line::from(vec![
        Span::styled(dash.repeat(2), look.style(Meaning::Frame)),
        Span::styled(caption, look.style(Meaning::Accent)),
        Span::styled(dash.repeat(rest), look.style(Meaning::Frame)),
    ])
}

/// What to press now.
fn prompt(look: &Look<'_>, lesson: &Lesson) -> Line<'static> {
    let id = if lesson.is_solved() {
        "lesson-do-home"
    } else if lesson.question().is_some() {
        "lesson-do-answer"
    } else if lesson.awaits_reading() {
        "lesson-do-read"
    } else if lesson.is_lost() {
        "lesson-do-rewind"
    } else {
        "lesson-do-goal"
    };
    text::line(format!("{} {}", look.theme.sign(Meaning::Chosen), look.text(id)), look.style(Meaning::Key))
}

fn debrief(look: &Look<'_>, lesson: &Lesson, columns: usize) -> Vec<Line<'static>> {
    let spec = lesson.scenario().spec();
    let seconds = lesson.solved_at().map_or(0, |at| at.since(lesson.arrived_at()).as_secs());
    let solved =
        look.locale.with("lesson-solved", &[("seconds", seconds.into()), ("hints", lesson.hints_taken().into())]);
    let mut lines = vec![
        text::line(format!("{} {solved}", look.theme.sign(Meaning::Good)), look.style(Meaning::Good)),
        Line::default(),
    ];
    lines.extend(markdown::lines(spec.debrief.get(look.language()), columns, look.theme));
    lines
}

/// One sign for each goal, for the caption: how far one has come can always be seen.
fn signs(look: &Look<'_>, lesson: &Lesson) -> String {
    let sign = |state: &GoalState| match state {
        GoalState::Reached { .. } => look.theme.sign(Meaning::Good),
        GoalState::Holding { .. } => look.theme.sign(Meaning::Busy),
        GoalState::Missed { .. } => look.theme.sign(Meaning::Bad),
        GoalState::Open | GoalState::Ahead => look.theme.pick("○", "o"),
    };
    lesson.goals().map(|(_, _, state)| format!(" {}", sign(state))).collect()
}

/// The room for the story: the last row says what to do now.
fn story_room(area: Rect) -> Rect {
    let inside = pane::inside(area);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), height: inside.height.saturating_sub(1), ..inside }
}

impl Screen for LessonScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Lesson
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-lesson")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let step = look.session().map_or(0, |session| session.lesson().current());
        if self.step != step {
            (self.step, self.top) = (step, None);
        }
        let (story, cluster) = self.halves(look.body);
        match action {
            Action::NextPane => {
                self.half = if self.half == Half::Story { Half::Cluster } else { Half::Story };
                return vec![Ask::Nothing];
            }
            Action::Hint => {
                let left = look.session().map_or(0, |session| session.lesson().hints_left());
                self.top = None;
                let ask = if left > 0 { Ask::Lesson(Act::Hint) } else { Ask::Say(look.text("lesson-no-hints")) };
                return vec![ask];
            }
            Action::Click { column, row } => {
                let is_in = |area: Option<Rect>| area.is_some_and(|area| area.contains((*column, *row).into()));
                self.half = if is_in(story) { Half::Story } else { Half::Cluster };
            }
            _ => {}
        }
        match (self.half, story, cluster) {
            (Half::Story, Some(area), cluster) => {
                let asks = self.story_action(action, look, area);
                // The keys of objects mean what is chosen in the cluster, wherever one reads.
                let only_looks = matches!(
                    action,
                    Action::Why
                        | Action::Describe
                        | Action::Yaml
                        | Action::Logs
                        | Action::PreviousLogs
                        | Action::OwnerTree
                        | Action::Decision
                );
                if only_looks { self.topology.act(action, look, cluster.unwrap_or(look.body)) } else { asks }
            }
            (_, _, Some(area)) => self.topology.act(action, look, area),
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let (story, cluster) = self.halves(area);
        let focus = |half: Half| if self.half == half { pane::Focus::Here } else { pane::Focus::Elsewhere };
        if let Some(area) = story {
            let Some(lesson) = look.session().map(crate::session::Session::lesson) else { return };
            let caption = format!("{} {}", look.text("lesson-story"), signs(look, lesson));
            let inside = pane::frame(buffer, area, look.theme, &caption, focus(Half::Story));
            let room = story_room(area);
            let (lines, start) = self.story(look, usize::from(room.width));
            let last = lines.len().saturating_sub(usize::from(room.height));
            // A scroll position belongs to the step it was reached in.
            let top = self.top.filter(|_| self.step == lesson.current()).unwrap_or(start).min(last);
            text::put_lines(buffer, room, &lines[top..]);
            scroll::bar(buffer, inside, look.theme, top, lines.len());
            let now = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..room };
            text::put(buffer, now, 0, &prompt(look, lesson));
        }
        if let Some(area) = cluster {
            self.topology.draw_in(look, area, focus(Half::Cluster), buffer);
        }
    }
}
