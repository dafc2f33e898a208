//! The scheduler's decisions: for a Pod, what each plugin said of each node, how the nodes compared, and what would have to
//! be different.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Screen, ScreenName, on_object};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};
use crate::session::{Answer, Attempt, AttemptOutcome, Verdict};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// The width of the list of Pods.
const LIST_WIDTH: u16 = 30;

/// The decisions.
#[derive(Default)]
pub struct SchedulerScreen {
    cursor: usize,
    /// Only this Pod.
    pod: Option<ObjectKey>,
    /// How many attempts before the last one.
    earlier: usize,
    top: usize,
}

impl SchedulerScreen {
    /// The decision about one Pod.
    #[must_use]
    pub fn of(pod: ObjectKey) -> Self {
        Self { pod: Some(pod), ..Self::default() }
    }

    /// The Pods that the scheduler has looked at, those that wait first.
    fn pods<'a>(&self, look: &Look<'a>) -> Vec<&'a Pod> {
        let decided = |pod: &&Pod| {
            look.cluster()
                .is_some_and(|cluster| cluster.decision(pod.metadata.namespace(), pod.metadata.name()).is_some())
        };
        let pods = look.objects(Kind::Pod).iter().filter_map(Object::get::<Pod>).map(|pod| &**pod);
        let wanted = |pod: &&Pod| match &self.pod {
            Some(key) => pod.metadata.name() == &*key.name && pod.metadata.namespace() == &*key.namespace,
            None => decided(pod),
        };
        let mut pods: Vec<&Pod> = pods.filter(wanted).collect();
        pods.sort_by_key(|pod| (!pod.node_name().is_empty(), std::cmp::Reverse(pod.metadata.created_at())));
        pods
    }

    fn lines(&self, look: &Look<'_>, pod: &Pod, columns: usize) -> Vec<Line<'static>> {
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let Some(decision) = cluster.decision(pod.metadata.namespace(), pod.metadata.name()) else {
            return vec![text::line(look.text("scheduler-none"), look.style(Meaning::Muted))];
        };
        let attempts: Vec<&Attempt> = decision.attempts().collect();
        let Some(attempt) = attempts.iter().rev().nth(self.earlier.min(attempts.len().saturating_sub(1))) else {
            return Vec::new();
        };
        let mut lines = outcome(look, attempt, columns);
        lines.push(Line::default());
        lines.extend(matrix(look, attempt, columns));
        if let Some(scores) = &attempt.scores {
            lines.push(Line::default());
            lines.push(text::line(look.text("scheduler-scores"), look.style(Meaning::Accent)));
            let name_width = name_width(columns);
            let heads = scores
                .plugins
                .iter()
                .map(|plugin| format!("{}{}{}", short(plugin.plugin), look.theme.pick("×", "x"), plugin.weight));
            lines.push(head(look, name_width, heads.chain([look.text("scheduler-total")])));
            for (index, node) in scores.nodes.iter().enumerate() {
                let best = scores.totals.iter().max() == scores.totals.get(index);
                let style = look.style(if best { Meaning::Good } else { Meaning::Text });
                let mut cells = vec![(text::fit(node, name_width, look.theme.pick("…", "~")), style)];
                for plugin in &scores.plugins {
                    let score = plugin.normalized.get(index).copied().unwrap_or(0) * plugin.weight;
                    cells.push((format!("{score:>9}"), look.style(Meaning::Text)));
                }
                cells.push((format!("{:>9}", scores.totals.get(index).copied().unwrap_or(0)), style));
                lines.push(text::spans(cells));
            }
        }
        let counterfactuals = if pod.node_name().is_empty() { cluster.counterfactuals(pod) } else { Vec::new() };
        if !counterfactuals.is_empty() {
            lines.push(Line::default());
            lines.push(text::line(look.text("why-if"), look.style(Meaning::Accent)));
            for sentence in counterfactuals {
                let wrapped = text::wrap(&sentence, columns.saturating_sub(3));
                lines.extend(wrapped.into_iter().enumerate().map(|(row, part)| {
                    let head = if row == 0 { look.theme.pick("• ", "* ") } else { "  " };
                    text::line(format!("{head}{part}"), look.style(Meaning::Good))
                }));
            }
        }
        lines
    }
}

fn outcome(look: &Look<'_>, attempt: &Attempt, columns: usize) -> Vec<Line<'static>> {
    let (meaning, said) = match &attempt.outcome {
        AttemptOutcome::Assigned { node } => (Meaning::Good, format!("{} {node}", look.text("scheduler-assigned"))),
        AttemptOutcome::Unschedulable { message } => (Meaning::Warning, message.to_string()),
        AttemptOutcome::Preempting { message, node, victims } => {
            (Meaning::Busy, format!("{message} ({node}: {})", victims.join(", ")))
        }
        AttemptOutcome::Failed { message } => (Meaning::Bad, message.to_string()),
    };
    let counts = look.locale.with(
        "scheduler-counts",
        &[
            ("number", attempt.number.into()),
            ("nodes", attempt.nodes.into()),
            ("examined", attempt.examined.into()),
            ("feasible", attempt.feasible.into()),
        ],
    );
    let counts = text::wrap(&format!("{}  {counts}", look.clock(attempt.at)), columns);
    let mut lines: Vec<_> = counts.into_iter().map(|line| text::line(line, look.style(Meaning::Muted))).collect();
    let said = format!("{} {said}", look.theme.sign(meaning));
    lines.extend(text::wrap(&said, columns).into_iter().map(|line| text::line(line, look.style(meaning))));
    if let Some(answer) = &attempt.pre_filter {
        lines.push(text::line(reasons(answer), look.style(Meaning::Warning)));
    }
    lines
}

/// What stands between the plugins: the first letters of their names.
fn short(plugin: &str) -> String {
    let short = match plugin {
        "NodeUnschedulable" => "Unsched",
        "NodeName" => "Name",
        "TaintToleration" => "Taints",
        "NodeAffinity" => "Affinity",
        "NodePorts" => "Ports",
        "NodeResourcesFit" => "Fit",
        "NodeResourcesBalancedAllocation" => "Balanc",
        "VolumeRestrictions" => "VolRestr",
        "NodeVolumeLimits" => "VolLimit",
        "VolumeBinding" => "Volumes",
        "VolumeZone" => "VolZone",
        "DynamicResources" => "Claims",
        "NodeDeclaredFeatures" => "Features",
        "ImageLocality" => "Images",
        "InterPodAffinity" => "PodAff",
        "PodTopologySpread" => "Spread",
        other => other,
    };
    text::cut(short, 8, "")
}

fn name_width(columns: usize) -> usize {
    (columns / 4).clamp(10, 24)
}

fn head(look: &Look<'_>, name_width: usize, names: impl Iterator<Item = String>) -> Line<'static> {
    let mut line = Line::from(Span::styled(" ".repeat(name_width), Style::new()));
    for name in names {
        line.push_span(Span::styled(format!("{:>9}", text::cut(&name, 8, "")), look.style(Meaning::Muted)));
    }
    line
}

fn reasons(answer: &Answer) -> String {
    let reasons: Vec<String> = answer.reasons.iter().map(ToString::to_string).collect();
    reasons.join(", ")
}

/// The plugins that have a column, in their order: all that turned a node down, and as many others as there is room for.
fn shown(attempt: &Attempt, nodes: usize, room: usize) -> Vec<&'static str> {
    let turned_down =
        |plugin: &str| (0..nodes).any(|node| matches!(attempt.verdict(plugin, node), Verdict::Rejected(_)));
    let speaks: Vec<bool> = attempt.plugins.iter().map(|plugin| turned_down(plugin)).collect();
    let mut spare = room.max(1).saturating_sub(speaks.iter().filter(|speaks| **speaks).count());
    let mut shown = Vec::new();
    for (plugin, speaks) in attempt.plugins.iter().zip(speaks) {
        if speaks || spare > 0 {
            shown.push(*plugin);
            spare = if speaks { spare } else { spare - 1 };
        }
    }
    shown.truncate(room.max(1));
    shown
}

/// Nodes by plugins: passed, turned down, not asked.
fn matrix(look: &Look<'_>, attempt: &Attempt, columns: usize) -> Vec<Line<'static>> {
    let nodes = attempt.node_names();
    let mut lines = vec![text::line(look.text("scheduler-filters"), look.style(Meaning::Accent))];
    if nodes.is_empty() {
        lines.extend(attempt.answers.iter().map(|answer| {
            let said = format!("{:>6} {}: {}", answer.count, answer.plugin.unwrap_or("framework"), reasons(answer));
            text::line(said, look.style(Meaning::Text))
        }));
        return lines;
    }
    let name_width = name_width(columns);
    let plugins = shown(attempt, nodes.len(), columns.saturating_sub(name_width) / 9);
    lines.push(head(look, name_width, plugins.iter().map(|plugin| short(plugin))));
    for (index, node) in nodes.iter().enumerate() {
        let rejection = attempt.rejection(index);
        let name_style = look.style(if rejection.is_some() { Meaning::Muted } else { Meaning::Text });
        let mut cells = vec![(text::fit(node, name_width, look.theme.pick("…", "~")), name_style)];
        for plugin in &plugins {
            let (sign, meaning) = match attempt.verdict(plugin, index) {
                Verdict::Passed => (look.theme.sign(Meaning::Good), Meaning::Good),
                Verdict::Rejected(_) => (look.theme.sign(Meaning::Bad), Meaning::Bad),
                Verdict::NotAsked => (look.theme.sign(Meaning::Gone), Meaning::Gone),
            };
            cells.push((format!("{:>8} ", sign), look.style(meaning)));
        }
        lines.push(text::spans(cells));
        if let Some(answer) = rejection {
            let said = format!("{}: {}", answer.plugin.unwrap_or("framework"), reasons(answer));
            let wrapped = text::wrap(&said, columns.saturating_sub(4));
            lines.extend(wrapped.into_iter().enumerate().map(|(row, part)| {
                let head = if row == 0 { look.theme.pick("└", "`") } else { " " };
                text::line(format!("  {head} {part}"), look.style(Meaning::Warning))
            }));
        }
    }
    lines
}

impl Screen for SchedulerScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Scheduler
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-scheduler")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let pods = self.pods(look);
        match action {
            Action::PageUp => self.top = self.top.saturating_sub(5),
            Action::PageDown => self.top += 5,
            Action::Cycle => self.earlier = (self.earlier + 1) % 4,
            _ => {
                if let Some(cursor) = scroll::moved(self.cursor, action, pods.len(), 10) {
                    (self.cursor, self.top, self.earlier) = (cursor, 0, 0);
                    return vec![Ask::Nothing];
                }
                let key = pods.get(self.cursor.min(pods.len().saturating_sub(1)));
                let key = key.map(|pod| ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name()));
                return key.map_or_else(Vec::new, |key| on_object::asks(action, &key, look));
            }
        }
        vec![Ask::Nothing]
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let pods = self.pods(look);
        let cursor = self.cursor.min(pods.len().saturating_sub(1));
        let list = Rect { width: LIST_WIDTH.min(area.width / 3), ..area };
        let inside = pane::frame(buffer, list, look.theme, &look.text("scheduler-pods"), pane::Focus::Here);
        let first = scroll::first(cursor, pods.len(), usize::from(inside.height));
        for (row, (index, pod)) in (0..inside.height).zip(pods.iter().enumerate().skip(first)) {
            let (_, meaning) = mark::pod(pod);
            let name = text::squeeze(
                pod.metadata.name(),
                usize::from(inside.width).saturating_sub(2),
                look.theme.pick("…", "~"),
            );
            let style = if index == cursor { look.style(Meaning::Chosen) } else { look.style(meaning) };
            text::put_at(buffer, inside, (0, row), &format!("{} {name}", look.theme.sign(meaning)), style);
        }
        let right = Rect { x: list.right(), width: area.width - list.width, ..area };
        let caption =
            pods.get(cursor).map_or_else(|| look.text("view-scheduler"), |pod| pod.metadata.name().to_owned());
        let inside = pane::frame(buffer, right, look.theme, &caption, pane::Focus::Elsewhere);
        let Some(pod) = pods.get(cursor) else {
            text::put_at(buffer, inside, (1, 1), &look.text("scheduler-none"), look.style(Meaning::Muted));
            return;
        };
        let lines = self.lines(look, pod, usize::from(inside.width).saturating_sub(1));
        let top = self.top.min(lines.len().saturating_sub(usize::from(inside.height)));
        text::put_lines(buffer, inside, &lines[top..]);
        scroll::bar(buffer, inside, look.theme, top, lines.len());
    }
}
