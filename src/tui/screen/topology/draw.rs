//! Drawing the plan: only what is on screen.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plan::{COMPONENTS, Crate, Detail, Plan, Thing, component_cell};
use crate::model::core::Node;
use crate::model::resources::pod_requests;
use crate::model::{Kind, Meta, ObjectKey, Pod, Resource, Resources};
use crate::session::{Cluster, ComponentName, ComponentState};
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::{gauge, pane, scroll, text};

/// Draws the rows of the plan from `top` on.
pub fn draw(look: &Look<'_>, plan: &Plan<'_>, chosen: Option<&Thing>, top: u16, area: Rect, buffer: &mut Buffer) {
    let Some(cluster) = look.cluster() else { return };
    let states = cluster.components();
    for (name, row) in &plan.masters {
        if let Some(row) = shift(*row, top, area).filter(|row| row.height == 1) {
            draw_master(look, cluster, &states, name, chosen, row, buffer);
        }
    }
    for held in &plan.boxes {
        let is_seen = held.area.bottom() > top && held.area.y < top + area.height;
        if is_seen {
            draw_box(look, cluster, held, chosen, top, area, buffer);
        }
    }
    scroll::bar(buffer, area, look.theme, usize::from(top), usize::from(plan.height));
}

/// A part of the sheet as a part of the screen; `None` when it does not begin on screen.
fn shift(sheet: Rect, top: u16, area: Rect) -> Option<Rect> {
    let y = sheet.y.checked_sub(top)?;
    let height = sheet.height.min(area.height.checked_sub(y)?);
    let width = sheet.width.min(area.width.checked_sub(sheet.x)?);
    (height > 0).then_some(Rect { x: area.x + sheet.x, y: area.y + y, width, height })
}

fn draw_master(
    look: &Look<'_>,
    cluster: &Cluster,
    states: &[ComponentState],
    name: &Arc<str>,
    chosen: Option<&Thing>,
    row: Rect,
    buffer: &mut Buffer,
) {
    let (sign, meaning) = match (cluster.is_on(name), cluster.is_cut_off(name)) {
        (false, _) => (look.theme.sign(Meaning::Bad), Meaning::Bad),
        (true, true) => (look.theme.pick("≠", "/"), Meaning::Warning),
        (true, false) => (look.theme.pick("◆", "*"), Meaning::Accent),
    };
    text::put_at(buffer, row, (0, 0), &format!("{sign} {name}"), look.style(meaning));
    for (index, component) in COMPONENTS.into_iter().enumerate() {
        let cell = component_cell(row, index);
        let Some(state) = states.iter().find(|state| state.component == component && state.node == *name) else {
            continue;
        };
        let meaning = if state.is_up { Meaning::Good } else { Meaning::Bad };
        let leads = if state.leads { look.theme.pick(" ★", " L") } else { "" };
        let shown = format!("{} {}{leads}", look.theme.sign(meaning), short(component, row.width));
        let here = Thing::Component { node: Arc::clone(name), component };
        let style = if chosen == Some(&here) { look.style(Meaning::Chosen) } else { look.style(meaning) };
        text::put_at(buffer, cell, (0, 0), &text::cut(&shown, usize::from(cell.width), ""), style);
    }
}

fn short(component: ComponentName, width: u16) -> &'static str {
    match component {
        ComponentName::Etcd => "etcd",
        ComponentName::KubeApiserver if width < 58 => "api",
        ComponentName::KubeApiserver => "apiserver",
        ComponentName::KubeScheduler if width < 58 => "sched",
        ComponentName::KubeScheduler => "scheduler",
        ComponentName::KubeControllerManager if width < 58 => "ctrl",
        ComponentName::KubeControllerManager => "controllers",
        ComponentName::Kubelet => "kubelet",
    }
}

fn draw_box(
    look: &Look<'_>,
    cluster: &Cluster,
    held: &Crate<'_>,
    chosen: Option<&Thing>,
    top: u16,
    area: Rect,
    buffer: &mut Buffer,
) {
    let here = Thing::Machine(Arc::clone(&held.name));
    let (caption, border) = caption(look, cluster, held, chosen == Some(&here));
    // A box that begins above the screen has no frame there; its lines are still its lines.
    if let Some(frame) = shift(held.area, top, area).filter(|frame| frame.height >= 2) {
        pane::framed(buffer, frame, look.theme, &caption, border);
    }
    if !held.name.is_empty() {
        let line = Rect { x: held.area.x + 1, y: held.area.y + 1, width: held.area.width.saturating_sub(2), height: 1 };
        if let Some(line) = shift(line, top, area) {
            resources(look, cluster, held, line, buffer);
        }
    }
    for (index, pod) in held.pods.iter().enumerate() {
        let Some(cell) = held.cell(index).and_then(|cell| shift(cell, top, area)) else { continue };
        let key = ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name());
        draw_pod(look, pod, held.detail, chosen == Some(&Thing::Pod(key)), cell, buffer);
    }
}

fn caption<'l>(look: &Look<'_>, cluster: &Cluster, held: &Crate<'_>, is_chosen: bool) -> (Line<'l>, Style) {
    let (name, state, meaning) = if held.name.is_empty() {
        (look.text("topology-waiting"), held.pods.len().to_string(), Meaning::Warning)
    } else {
        let (state, meaning) = machine_state(look, cluster, &held.name);
        (held.name.to_string(), state, meaning)
    };
    let name_style = if is_chosen { look.style(Meaning::Chosen) } else { look.style(Meaning::Text) };
    let line = Line::from(vec![
        Span::styled(name, name_style),
        Span::styled(format!(" {} {state}", look.theme.sign(meaning)), look.style(meaning)),
    ]);
    let border = match meaning {
        Meaning::Good if is_chosen => look.style(Meaning::FocusFrame),
        Meaning::Good => look.style(Meaning::Frame),
        other => look.style(other),
    };
    (line, border)
}

fn machine_state(look: &Look<'_>, cluster: &Cluster, name: &str) -> (String, Meaning) {
    if !cluster.is_on(name) {
        return (look.text("topology-off"), Meaning::Bad);
    }
    if cluster.is_cut_off(name) {
        return (look.text("topology-cut-off"), Meaning::Bad);
    }
    let node = look.objects(Kind::Node).iter().filter_map(Node::of).find(|node| node.metadata.name() == name);
    match node.map(|node| mark::node(node)) {
        Some((status, meaning)) => (status.replace(",SchedulingDisabled", look.theme.pick(" ⊘", " x")), meaning),
        None => (look.text("topology-no-node"), Meaning::Warning),
    }
}

/// `cpu ███░░ 1.5/4`: what Pods have asked for of what there is.
fn resources(look: &Look<'_>, cluster: &Cluster, held: &Crate<'_>, line: Rect, buffer: &mut Buffer) {
    let _ = cluster;
    let node = look.objects(Kind::Node).iter().filter_map(Node::of).find(|node| node.metadata.name() == &*held.name);
    let Some(status) = node.and_then(|node| node.status.as_ref()) else { return };
    let has = Resources::of(status.allocatable.as_ref());
    let live = held.pods.iter().filter(|pod| !pod.is_terminal());
    let (mut cpu, mut memory) = (0, 0);
    for requests in live.map(|pod| pod_requests(&pod.spec)) {
        cpu += requests.milli_cpu;
        memory += requests.memory;
    }
    let amount = |value: i64| u64::try_from(value).unwrap_or(0);
    let short = format!("{}/{}", cores(cpu), cores(has.milli_cpu));
    let bar = usize::from(line.width).saturating_sub(2 * 4 + text::width(&short) + 3) / 2;
    let bar = bar.clamp(2, 10);
    let mut pieces = vec![
        Span::styled("cpu ", look.style(Meaning::Muted)),
        Span::styled(
            gauge::bar(look.theme, amount(cpu), amount(has.milli_cpu), bar),
            look.style(gauge::meaning(amount(cpu), amount(has.milli_cpu))),
        ),
        Span::styled(format!(" {short}"), look.style(Meaning::Muted)),
    ];
    pieces.push(Span::styled("  mem ", look.style(Meaning::Muted)));
    pieces.push(Span::styled(
        gauge::bar(look.theme, amount(memory), amount(has.memory), bar),
        look.style(gauge::meaning(amount(memory), amount(has.memory))),
    ));
    text::put(buffer, line, 0, &Line::from(pieces));
}

/// Thousandths of a CPU as people say them: `1.5`, `0.25`, `4`.
fn cores(milli: i64) -> String {
    let fraction = format!("{:03}", milli % 1_000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { (milli / 1_000).to_string() } else { format!("{}.{fraction}", milli / 1_000) }
}

fn draw_pod(look: &Look<'_>, pod: &Pod, detail: Detail, is_chosen: bool, cell: Rect, buffer: &mut Buffer) {
    let (status, meaning) = mark::pod(pod);
    let style = if is_chosen { look.theme.on_chosen(look.style(meaning)) } else { look.style(meaning) };
    let sign = if mark::is_leaving(pod) { look.theme.pick("▽", "v") } else { look.theme.sign(meaning) };
    text::put_at(buffer, cell, (0, 0), sign, style);
    if detail == Detail::Signs {
        return;
    }
    let room = usize::from(cell.width).saturating_sub(2);
    let more = look.theme.pick("…", "~");
    // What runs as it should needs no word; everything else says what it is.
    let word = if meaning == Meaning::Good { String::new() } else { status };
    let name_room = if word.is_empty() { room } else { room.saturating_sub(text::width(&word) + 1).max(room / 2) };
    let name = text::squeeze(pod.metadata.name(), name_room, more);
    let name_style = if is_chosen { look.style(Meaning::Chosen) } else { look.style(Meaning::Text) };
    text::put_at(buffer, cell, (2, 0), &name, name_style);
    let column = 3 + text::width(&name);
    let word = text::cut(&word, usize::from(cell.width).saturating_sub(column), more);
    text::put_at(buffer, cell, (column as u16, 0), &word, style);
}
