//! The inside of a Pod, container by container: processes, signals, ports, files, what it uses, what it wrote.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, ScreenName, on_object};
use crate::model::ObjectKey;
use crate::session::inside::inside;
use crate::session::{ContainerInside, ContainerState, Fate, Inside, Sample};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{gauge, pane, scroll, spark, text};

/// From this width on there are two columns.
const TWO_COLUMNS: u16 = 104;
/// The width of what stands before a gauge.
const LABEL: usize = 8;

/// The inside of one Pod.
pub struct InsideScreen {
    key: ObjectKey,
    container: usize,
    top: usize,
}

impl InsideScreen {
    /// The inside of a Pod.
    #[must_use]
    pub fn of(key: ObjectKey) -> Self {
        Self { key, container: 0, top: 0 }
    }

    /// The container that is looked at, in one column or two.
    fn columns(&self, look: &Look<'_>, inside: &Inside, area: Rect) -> Vec<Vec<Line<'static>>> {
        let Some(container) = inside.containers.get(self.container % inside.containers.len().max(1)) else {
            return vec![vec![text::line(look.text("inside-none"), look.style(Meaning::Muted))]];
        };
        let is_wide = area.width >= TWO_COLUMNS;
        let width = usize::from(if is_wide { area.width / 2 - 1 } else { area.width });
        let mut left = state(look, container, width);
        left.extend(uses(look, &self.key, container, width));
        left.extend(processes(look, container, width));
        left.extend(signals(look, container, width));
        let mut right = places(look, container, width);
        right.extend(log(look, container, width));
        if is_wide {
            vec![left, right]
        } else {
            left.extend(right);
            vec![left]
        }
    }

    fn room(area: Rect) -> Rect {
        let inside = pane::inside(area);
        Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside }
    }
}

fn headed(look: &Look<'_>, id: &str, lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let mut all = vec![Line::default(), text::line(look.text(id), look.style(Meaning::Accent))];
    if lines.is_empty() {
        all.push(text::line(format!("  {}", look.text("inside-nothing")), look.style(Meaning::Muted)));
    }
    all.extend(lines);
    all
}

fn state(look: &Look<'_>, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let (meaning, said) = match (&container.exit, container.state) {
        (Some((at, code, reason)), _) => {
            let values = [("code", (*code).into()), ("reason", (*reason).into()), ("at", look.clock(*at).into())];
            (if *code == 0 { Meaning::Gone } else { Meaning::Bad }, look.locale.with("inside-ended", &values))
        }
        (None, ContainerState::Running) => {
            let since = container.started_at.map(|at| look.clock(at)).unwrap_or_default();
            (Meaning::Good, look.locale.with("inside-runs", &[("since", since.into())]))
        }
        (None, _) => (Meaning::Busy, look.text("inside-made")),
    };
    let restarts = look.locale.with("inside-restarts", &[("count", container.attempt.into())]);
    let sign = look.theme.sign(meaning);
    let image = text::squeeze(&container.image, width.saturating_sub(4), look.theme.pick("…", "~"));
    vec![
        text::line(format!("{sign} {said}  {restarts}"), look.style(meaning)),
        text::line(format!("  {image}"), look.style(Meaning::Muted)),
    ]
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    if tenths < 100 { format!("{}.{}Mi", tenths / 10, tenths % 10) } else { format!("{}Mi", tenths / 10) }
}

/// A value with its limit as a gauge, and the line of the last minutes behind it.
fn gauged(
    look: &Look<'_>,
    id: &str,
    (used, limit): (u64, Option<u64>),
    said: &str,
    values: &[u64],
    width: usize,
) -> Line<'static> {
    let meaning = limit.map_or(Meaning::Text, |limit| gauge::meaning(used, limit));
    let bar = limit.map_or_else(|| " ".repeat(10), |limit| gauge::bar(look.theme, used, limit, 10));
    let room = width.saturating_sub(LABEL + 10 + 20 + 3);
    let most = limit.unwrap_or(0).max(values.iter().copied().max().unwrap_or(0));
    let line = spark::signs(look.theme, &values[values.len().saturating_sub(room)..], most).concat();
    text::spans(vec![
        (format!("  {}", text::fit(&look.text(id), LABEL, "")), look.style(Meaning::Muted)),
        (bar, look.style(meaning)),
        (format!(" {}", text::fit(said, 19, "")), look.style(meaning)),
        (line, look.style(Meaning::Accent)),
    ])
}

fn uses(look: &Look<'_>, key: &ObjectKey, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let samples: Vec<Sample> = look.session().map_or_else(Vec::new, |session| {
        session.usage().of_container(&key.namespace, &key.name, &container.name, session.now())
    });
    let cpu: Vec<u64> = samples.iter().map(|sample| sample.cpu).collect();
    let memory: Vec<u64> = samples.iter().map(|sample| sample.memory).collect();
    let of = |used: String, limit: Option<String>| limit.map_or(used.clone(), |limit| format!("{used} / {limit}"));
    let cpu_said = of(format!("{}m", container.cpu.0), container.cpu.1.map(|limit| format!("{limit}m")));
    let memory_said = of(mebibytes(container.memory.0), container.memory.1.map(mebibytes));
    let lines = vec![
        gauged(look, "inside-cpu", container.cpu, &cpu_said, &cpu, width),
        gauged(look, "inside-memory", container.memory, &memory_said, &memory, width),
        gauged(look, "inside-disk", (container.disk, None), &mebibytes(container.disk), &[], width),
    ];
    headed(look, "inside-uses", lines)
}

fn processes(look: &Look<'_>, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let line = |(depth, process): &(usize, crate::session::ProcessInfo)| {
        let branch = if *depth == 0 {
            String::new()
        } else {
            format!("{}{} ", "  ".repeat(depth - 1), look.theme.pick("└", "`"))
        };
        let handles: Vec<String> =
            process.handles.iter().map(|signal| signal.to_string().trim_start_matches("SIG").to_owned()).collect();
        let traps = if handles.is_empty() {
            String::new()
        } else {
            format!("  {} {}", look.text("inside-traps"), handles.join(" "))
        };
        let command =
            if process.is_zombie { format!("[{}] <defunct>", process.command) } else { process.command.to_string() };
        let meaning = if process.is_zombie { Meaning::Gone } else { Meaning::Text };
        let room = width.saturating_sub(8 + text::width(&branch) + text::width(&traps));
        text::spans(vec![
            (format!("  {:>4} ", process.pid), look.style(Meaning::Key)),
            (branch, look.style(Meaning::Muted)),
            (text::cut(&command, room.max(12), look.theme.pick("…", "~")), look.style(meaning)),
            (traps, look.style(Meaning::Muted)),
        ])
    };
    headed(look, "inside-processes", container.processes.iter().map(line).collect())
}

fn signals(look: &Look<'_>, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for fate in &container.signals {
        let meaning = match fate.fate {
            Fate::Handled | Fate::NoEffect => Meaning::Text,
            Fate::Terminated => Meaning::Gone,
            Fate::WaitsForCommand { .. } | Fate::Ignored | Fate::IgnoredByPidOne => Meaning::Warning,
        };
        let when = format!("  {:>9} ", look.clock(fate.at));
        for (row, part) in text::wrap(&fate.sentence(), width.saturating_sub(13)).into_iter().enumerate() {
            let head = if row == 0 { when.clone() } else { " ".repeat(text::width(&when)) };
            lines.push(text::spans(vec![(head, look.style(Meaning::Muted)), (part, look.style(meaning))]));
        }
    }
    headed(look, "inside-signals", lines)
}

/// Ports, mounts and files.
fn places(look: &Look<'_>, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let ports = container.ports.iter().map(|(port, pid)| {
        let said =
            look.locale.with("inside-port", &[("port", port.to_string().into()), ("pid", pid.to_string().into())]);
        text::line(format!("  {said}"), look.style(Meaning::Text))
    });
    let mut lines = headed(look, "inside-ports", ports.collect());
    let room = width.saturating_sub(14);
    let more = look.theme.pick("…", "~");
    let mut places: Vec<Line<'static>> = Vec::new();
    for (path, is_read_only) in &container.mounts {
        let said = format!(
            "  {} {}",
            text::fit(&text::squeeze(path, room, more), room, ""),
            if *is_read_only { "ro" } else { "rw" }
        );
        places.push(text::spans(vec![
            (said, look.style(Meaning::Text)),
            (format!(" {}", look.text("inside-mount")), look.style(Meaning::Muted)),
        ]));
    }
    for (path, size) in &container.files {
        let said = format!("  {} {size:>9}", text::fit(&text::squeeze(path, room, more), room, ""));
        places.push(text::line(said, look.style(Meaning::Text)));
    }
    lines.extend(headed(look, "inside-files", places));
    lines
}

fn log(look: &Look<'_>, container: &ContainerInside, width: usize) -> Vec<Line<'static>> {
    let line = |line: &crate::session::LogLine| {
        let said = text::cut(&line.text.replace('\t', " "), width.saturating_sub(13), look.theme.pick("…", "~"));
        text::spans(vec![
            (format!("  {:>9} ", look.clock(line.at)), look.style(Meaning::Muted)),
            (said, look.style(Meaning::Text)),
        ])
    };
    // The newest first: the top is what fits on the screen.
    headed(look, "inside-log", container.log.iter().rev().map(line).collect())
}

impl Screen for InsideScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Inside
    }

    fn title(&self, look: &Look<'_>) -> String {
        format!("{} {}", look.text("inside-title"), self.key.name)
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let inside = look.cluster().and_then(|cluster| inside(cluster, &self.key));
        let room = Self::room(look.body);
        let columns = inside.as_ref().map_or_else(Vec::new, |inside| self.columns(look, inside, room));
        let count = columns.iter().map(Vec::len).max().unwrap_or(0);
        if let Some(top) = scroll::scrolled(self.top, action, count, usize::from(room.height)) {
            self.top = top;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Cycle => {
                let containers = inside.map_or(0, |inside| inside.containers.len());
                self.container = (self.container + 1) % containers.max(1);
                self.top = 0;
                vec![Ask::Nothing]
            }
            Action::Back | Action::Inside => vec![Ask::Close],
            _ => on_object::asks(action, &self.key, look),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let known = look.cluster().and_then(|cluster| inside(cluster, &self.key));
        let place = known.as_ref().map(|known| format!("  {}  {}", known.node, known.ip)).unwrap_or_default();
        let caption = format!("{}{place}", self.key.name);
        let frame = pane::frame(buffer, area, look.theme, &caption, pane::Focus::Here);
        let Some(known) = known else {
            text::put_at(buffer, frame, (2, 1), &look.text("inside-none"), look.style(Meaning::Muted));
            return;
        };
        let mut column = 1;
        for (number, container) in known.containers.iter().enumerate() {
            let is_chosen = number == self.container % known.containers.len();
            let meaning = if is_chosen { Meaning::Chosen } else { Meaning::Muted };
            let name = format!(" {} ", container.name);
            text::put_at(buffer, frame, (column, 0), &name, look.style(meaning));
            column += text::width(&name) as u16 + 1;
        }
        let room = Self::room(area);
        let columns = self.columns(look, &known, room);
        let count = columns.iter().map(Vec::len).max().unwrap_or(0);
        let top = self.top.min(count.saturating_sub(usize::from(room.height)));
        let width = room.width / columns.len().max(1) as u16;
        for (number, lines) in (0..).zip(&columns) {
            let part = Rect { x: room.x + number * width + number, width: width.saturating_sub(number), ..room };
            text::put_lines(buffer, part, lines.get(top..).unwrap_or_default());
        }
        scroll::bar(buffer, room, look.theme, top, count);
    }
}
