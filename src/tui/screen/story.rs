//! The story: goals, steps, questions, hints, wrong answers and the debrief as lines of text.

use ratatui::text::{Line, Span};

use crate::engine::SimDuration;
use crate::scenario::spec::Predict;
use crate::scenario::{Answer, GoalState, Lesson, Miss, StepState};
use crate::tui::look::Look;
use crate::tui::markdown;
use crate::tui::theme::Meaning;
use crate::tui::widget::text;

/// The story up to where the learner is.
pub struct Story<'s> {
    /// What may be looked at.
    pub look: &'s Look<'s>,
    /// The lesson.
    pub lesson: &'s Lesson,
    /// The option that is chosen.
    pub option: usize,
    /// How wide it is.
    pub columns: usize,
}

impl Story<'_> {
    /// Its lines, and the line that is read first.
    #[must_use]
    pub fn lines(&self) -> (Vec<Line<'static>>, usize) {
        let (look, lesson) = (self.look, self.lesson);
        let steps = &lesson.scenario().spec().steps;
        let mut lines = self.goals();
        let mut start = 0;
        for (index, (step, state)) in steps.iter().zip(lesson.steps()).enumerate() {
            if index > lesson.current() {
                break;
            }
            if index == lesson.current() {
                start = lines.len();
            }
            lines.push(self.rule(index, steps.len()));
            lines.extend(markdown::lines(step.say.get(look.language()), self.columns, look.theme));
            if let Some(predict) = &step.predict {
                lines.push(Line::default());
                lines.extend(self.question(predict, state.answer, index == lesson.current()));
            }
            self.add_hints(state, &mut lines);
            self.add_miss(state, &mut lines);
            lines.push(Line::default());
        }
        if lesson.is_solved() {
            start = lines.len();
            lines.extend(self.debrief());
            return (lines, start);
        }
        let has_erred = self.add_mistakes(&mut lines);
        let is_answered = lesson.steps().get(lesson.current()).is_some_and(|state| {
            state.answer.is_some() || !state.hints.is_empty() || matches!(state.goal, GoalState::Missed { .. })
        });
        // What was said last to the learner is at the end of the step; a step that was not begun is read from its start.
        (lines, if is_answered || has_erred { usize::MAX } else { start })
    }

    fn add_hints(&self, state: &StepState, lines: &mut Vec<Line<'static>>) {
        let look = self.look;
        for (number, hint) in state.hints.iter().enumerate() {
            lines.push(Line::default());
            lines.push(text::line(format!("{} {}", look.text("lesson-hint"), number + 1), look.style(Meaning::Key)));
            lines.extend(markdown::lines(hint.get(look.language()), self.columns, look.theme));
        }
    }

    fn add_miss(&self, state: &StepState, lines: &mut Vec<Line<'static>>) {
        let look = self.look;
        let GoalState::Missed { why, .. } = &state.goal else { return };
        let said = match why {
            Miss::TooLate => look.text("lesson-too-late"),
            Miss::Interrupted => look.text("lesson-interrupted"),
            Miss::Broken(why) => why.clone(),
        };
        lines.push(Line::default());
        let said = text::wrap(&said, self.columns);
        lines.extend(said.into_iter().map(|line| text::line(line, look.style(Meaning::Bad))));
    }

    /// The wrong answers that stand; says whether there is one.
    fn add_mistakes(&self, lines: &mut Vec<Line<'static>>) -> bool {
        let (look, before) = (self.look, lines.len());
        for (wrong, mistake) in self.lesson.mistakes().filter(|(_, mistake)| mistake.is_present) {
            let said = format!("{} ({})", look.text("lesson-mistake"), look.clock(mistake.at));
            lines.push(text::line(
                format!("{} {said}", look.theme.sign(Meaning::Warning)),
                look.style(Meaning::Warning),
            ));
            lines.extend(markdown::lines(wrong.because.get(look.language()), self.columns, look.theme));
            lines.push(Line::default());
        }
        lines.len() > before
    }

    fn question(&self, predict: &Predict, answer: Option<Answer>, is_present: bool) -> Vec<Line<'static>> {
        let (look, language) = (self.look, self.look.language());
        // Whoever went on without a guess is told the answer all the same.
        let is_told = answer.is_some() || !is_present;
        let mut lines = vec![text::line(look.text("lesson-predict"), look.style(Meaning::Key))];
        lines.extend(markdown::lines(predict.ask.get(language), self.columns, look.theme));
        for (number, option) in predict.options.iter().enumerate() {
            let (sign, meaning) = match answer {
                Some(given) if given.option == number && !given.is_right => {
                    (look.theme.sign(Meaning::Bad), Meaning::Bad)
                }
                _ if is_told && number == predict.answer => (look.theme.sign(Meaning::Good), Meaning::Good),
                _ if is_told => (" ", Meaning::Muted),
                _ if self.option == number => (look.theme.sign(Meaning::Chosen), Meaning::Chosen),
                _ => (" ", Meaning::Text),
            };
            for (row, part) in text::wrap(option.get(language), self.columns.saturating_sub(4)).into_iter().enumerate()
            {
                let head = if row == 0 { sign } else { " " };
                lines.push(text::line(format!(" {head} {part}"), look.style(meaning)));
            }
        }
        if is_told && !predict.because.is_empty() {
            lines.extend(markdown::lines(predict.because.get(language), self.columns, look.theme));
        }
        lines
    }

    /// The list of goals at the top, each with how it stands.
    fn goals(&self) -> Vec<Line<'static>> {
        let look = self.look;
        let mut lines = Vec::new();
        for (_, goal, state) in self.lesson.goals() {
            let (sign, meaning) = sign(look, state);
            let tail = match state {
                GoalState::Reached { at } => format!("  {}", look.clock(*at)),
                GoalState::Holding { since } => {
                    let hold = goal.hold.map(|hold| hold.0).unwrap_or_default();
                    format!("  {}s/{}s", look.now().since(*since).as_secs(), hold.as_secs())
                }
                _ => String::new(),
            };
            let title = text::wrap(goal.title.get(look.language()), self.columns.saturating_sub(3));
            for (row, part) in title.into_iter().enumerate() {
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

    fn rule(&self, index: usize, count: usize) -> Line<'static> {
        let look = self.look;
        let caption = format!(" {} {}/{count} ", look.text("lesson-step"), index + 1);
        let dash = look.theme.pick("─", "-");
        let rest = self.columns.saturating_sub(text::width(&caption) + 2);
        Line::from(vec![
            Span::styled(dash.repeat(2), look.style(Meaning::Frame)),
            Span::styled(caption, look.style(Meaning::Accent)),
            Span::styled(dash.repeat(rest), look.style(Meaning::Frame)),
        ])
    }

    fn debrief(&self) -> Vec<Line<'static>> {
        let (look, lesson) = (self.look, self.lesson);
        let took = lesson.solved_at().map_or(SimDuration::ZERO, |at| at.since(lesson.arrived_at()));
        let time = format!("{}:{:02}", took.as_secs() / 60, took.as_secs() % 60);
        let values = [("time", time.into()), ("hints", lesson.hints_taken().into())];
        let solved = look.locale.with("lesson-solved", &values);
        let mut lines = vec![
            text::line(format!("{} {solved}", look.theme.sign(Meaning::Good)), look.style(Meaning::Good)),
            Line::default(),
        ];
        let debrief = lesson.scenario().spec().debrief.get(look.language());
        lines.extend(markdown::lines(debrief, self.columns, look.theme));
        lines
    }
}

/// How a goal stands, as a sign.
fn sign(look: &Look<'_>, state: &GoalState) -> (&'static str, Meaning) {
    match state {
        GoalState::Reached { .. } => (look.theme.sign(Meaning::Good), Meaning::Good),
        GoalState::Holding { .. } => (look.theme.sign(Meaning::Busy), Meaning::Busy),
        GoalState::Missed { .. } => (look.theme.sign(Meaning::Bad), Meaning::Bad),
        GoalState::Open => (look.theme.pick("○", "o"), Meaning::Text),
        GoalState::Ahead => (look.theme.pick("○", "o"), Meaning::Muted),
    }
}

/// One sign for each goal, for the caption: how far one has come can always be seen.
#[must_use]
pub fn signs(look: &Look<'_>, lesson: &Lesson) -> String {
    lesson.goals().map(|(_, _, state)| format!(" {}", sign(look, state).0)).collect()
}

/// What to press now.
#[must_use]
pub fn prompt(look: &Look<'_>, lesson: &Lesson, has_focus: bool) -> Line<'static> {
    let holding = lesson.goals().find_map(|(index, goal, state)| match state {
        GoalState::Holding { since } if index == lesson.current() => {
            Some((look.now().since(*since).as_secs(), goal.hold?.0.as_secs()))
        }
        _ => None,
    });
    let said = match holding {
        Some((seconds, hold)) => {
            look.locale.with("lesson-do-hold", &[("seconds", seconds.into()), ("hold", hold.into())])
        }
        None => look.text(next(lesson)),
    };
    let takes_keys = lesson.is_solved() || lesson.question().is_some() || lesson.awaits_reading();
    let said = if !has_focus && takes_keys { look.text("lesson-do-tab") } else { said };
    text::line(format!("{} {said}", look.theme.sign(Meaning::Chosen)), look.style(Meaning::Key))
}

fn next(lesson: &Lesson) -> &'static str {
    if lesson.is_solved() {
        "lesson-do-home"
    } else if lesson.question().is_some() {
        "lesson-do-answer"
    } else if lesson.awaits_reading() {
        "lesson-do-read"
    } else if lesson.is_lost() {
        "lesson-do-rewind"
    } else {
        "lesson-do-goal"
    }
}
