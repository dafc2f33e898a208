//! etcd and leases: members, terms, indexes, the tail of the log, who holds which lease, the API servers and their balancer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, ScreenName};
use crate::engine::SimDuration;
use crate::model::coordination::Lease;
use crate::model::{Kind, Meta, Resource, time};
use crate::session::{Cluster, Master, Payload};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// So many entries of the log are shown.
const TAIL: usize = 60;

/// The screen; the log is that of one member.
#[derive(Default)]
pub struct EtcdScreen {
    member: usize,
    top: usize,
}

fn members(look: &Look<'_>, cluster: &Cluster) -> Vec<Line<'static>> {
    let masters = cluster.masters();
    let quorum = masters.len() / 2 + 1;
    let reachable = masters.iter().filter(|master| master.etcd_runs() && !cluster.is_cut_off(&master.name)).count();
    let apart = masters.iter().filter(|master| master.etcd_runs() && cluster.is_cut_off(&master.name)).count();
    let has = reachable.max(apart);
    let (meaning, id) = if has >= quorum { (Meaning::Good, "etcd-quorum") } else { (Meaning::Bad, "etcd-no-quorum") };
    let said = look.locale.with(id, &[("up", has.into()), ("all", masters.len().into()), ("quorum", quorum.into())]);
    let mut lines = vec![text::line(format!("{} {said}", look.theme.sign(meaning)), look.style(meaning))];
    let captions = [
        "etcd-member",
        "etcd-role",
        "etcd-term",
        "etcd-log",
        "etcd-commit",
        "etcd-applied",
        "etcd-revision",
        "etcd-db",
    ];
    let widths = [12, 12, 6, 9, 9, 9, 10, 10];
    let mut head = Line::default();
    for (id, width) in captions.into_iter().zip(widths) {
        head.push_span(Span::styled(text::fit(&look.text(id), width, ""), look.style(Meaning::Muted)));
    }
    lines.push(head);
    lines.extend(masters.iter().map(|master| member(look, cluster, master, &widths)));
    lines
}

fn member(look: &Look<'_>, cluster: &Cluster, master: &Master, widths: &[usize]) -> Line<'static> {
    let status = master.etcd.status();
    let raft = &status.raft;
    let (sign, meaning, role) = if !master.etcd_runs() {
        (look.theme.sign(Meaning::Bad), Meaning::Bad, look.text("etcd-down"))
    } else if master.etcd.is_leader() {
        (look.theme.pick("★", "L"), Meaning::Good, format!("{:?}", raft.role))
    } else {
        (look.theme.sign(Meaning::Good), Meaning::Text, format!("{:?}", raft.role))
    };
    let cut = if cluster.is_cut_off(&master.name) { look.theme.pick(" ≠", " /") } else { "" };
    let cells = [
        format!("{sign} {}{cut}", master.name),
        role,
        raft.term.to_string(),
        raft.last_index.to_string(),
        raft.commit.to_string(),
        raft.applied.to_string(),
        status.revision.to_string(),
        format!("{:.1} MB", status.db_size as f64 / 1e6),
    ];
    let pieces = cells.into_iter().zip(widths).map(|(cell, width)| (text::fit(&cell, *width, ""), look.style(meaning)));
    text::spans(pieces.collect())
}

fn servers(look: &Look<'_>, cluster: &Cluster) -> Vec<Line<'static>> {
    let mut lines = vec![text::line(look.text("etcd-servers"), look.style(Meaning::Accent))];
    for (index, master) in cluster.masters().iter().enumerate() {
        let (meaning, state) =
            if master.server_runs() { (Meaning::Good, "etcd-up") } else { (Meaning::Bad, "etcd-down") };
        let balanced = if cluster.is_balanced(index) {
            (look.theme.pick("⇄", "<>"), "etcd-balanced", Meaning::Good)
        } else {
            (look.theme.sign(Meaning::Gone), "etcd-not-balanced", Meaning::Warning)
        };
        lines.push(text::spans(vec![
            (format!("{} {:<14}", look.theme.sign(meaning), master.name), look.style(meaning)),
            (text::fit(&look.text(state), 10, ""), look.style(meaning)),
            (format!("{} {}", balanced.0, look.text(balanced.1)), look.style(balanced.2)),
        ]));
    }
    lines
}

fn leases(look: &Look<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![text::line(look.text("etcd-leases"), look.style(Meaning::Accent))];
    let leases = look.objects(Kind::Lease).iter().filter_map(Lease::of);
    for lease in leases {
        let Some(spec) = &lease.spec else { continue };
        let renewed = spec.renew_time.as_ref().map(|at| look.now().since(time::sim_time(at.0)));
        let most = SimDuration::from_secs(u64::try_from(spec.lease_duration_seconds.unwrap_or(0)).unwrap_or(0));
        let age = renewed.unwrap_or(SimDuration::ZERO);
        let meaning = if age > most { Meaning::Bad } else { Meaning::Good };
        let holder = spec.holder_identity.as_deref().unwrap_or("-");
        let more = look.theme.pick("…", "~");
        lines.push(text::spans(vec![
            (
                format!("{} {} ", look.theme.sign(meaning), text::fit(lease.metadata.name(), 24, more)),
                look.style(meaning),
            ),
            (text::fit(&text::squeeze(holder, 17, more), 18, ""), look.style(Meaning::Text)),
            (
                format!("{:>5}.{}s / {}s", age.as_secs(), age.as_millis() % 1_000 / 100, most.as_secs()),
                look.style(Meaning::Muted),
            ),
        ]));
    }
    lines
}

impl EtcdScreen {
    fn log_caption(&self, look: &Look<'_>, cluster: &Cluster) -> String {
        let masters = cluster.masters();
        let name = masters.get(self.member % masters.len().max(1)).map_or("", |master| &*master.name);
        format!("{} {name}", look.text("etcd-tail"))
    }

    fn log(&self, look: &Look<'_>, cluster: &Cluster) -> Vec<Line<'static>> {
        let masters = cluster.masters();
        let Some(master) = masters.get(self.member % masters.len().max(1)) else { return Vec::new() };
        let raft = master.etcd.raft();
        let mut lines = Vec::new();
        for entry in raft.tail(TAIL).iter().rev() {
            let is_committed = entry.index <= raft.commit();
            let (sign, meaning) = if is_committed {
                (look.theme.sign(Meaning::Good), Meaning::Text)
            } else {
                (look.theme.sign(Meaning::Busy), Meaning::Busy)
            };
            let said = match &entry.payload {
                Payload::Empty => look.text("etcd-entry-empty"),
                Payload::Command(command) => command.summary().replace("/registry/", ""),
                Payload::Configuration { .. } => look.text("etcd-entry-members"),
            };
            lines.push(text::spans(vec![
                (format!("{sign} {:>7} t{:<3} ", entry.index, entry.term), look.style(Meaning::Muted)),
                (said, look.style(meaning)),
            ]));
        }
        lines
    }
}

impl Screen for EtcdScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Etcd
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-etcd")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        if *action == Action::Cycle {
            self.member += 1;
            return vec![Ask::Nothing];
        }
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let lines = leases(look).len() + self.log(look, cluster).len();
        match scroll::scrolled(self.top, action, lines, usize::from(look.body.height) / 3) {
            Some(top) => {
                self.top = top;
                vec![Ask::Nothing]
            }
            None => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let Some(cluster) = look.cluster() else { return };
        let members = members(look, cluster);
        let top = Rect { height: (members.len() as u16 + 2).min(area.height), ..area };
        let inside = pane::frame(buffer, top, look.theme, &look.text("view-etcd"), pane::Focus::Here);
        text::put_lines(buffer, inside, &members);
        let rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
        let servers = servers(look, cluster);
        let mut left = servers;
        left.push(Line::default());
        left.extend(leases(look));
        let log = self.log(look, cluster);
        if area.width >= 110 {
            let half = Rect { width: rest.width / 2 + 2, ..rest };
            let inside = pane::frame(buffer, half, look.theme, &look.text("etcd-who"), pane::Focus::Elsewhere);
            text::put_lines(
                buffer,
                inside,
                &left[self.top.min(left.len().saturating_sub(usize::from(inside.height)))..],
            );
            let right = Rect { x: half.right(), width: rest.width - half.width, ..rest };
            let inside =
                pane::frame(buffer, right, look.theme, &self.log_caption(look, cluster), pane::Focus::Elsewhere);
            text::put_lines(buffer, inside, &log[self.top.min(log.len().saturating_sub(usize::from(inside.height)))..]);
            return;
        }
        left.push(Line::default());
        left.push(text::line(self.log_caption(look, cluster), look.style(Meaning::Accent)));
        left.extend(log);
        let inside = pane::frame(buffer, rest, look.theme, &look.text("etcd-who"), pane::Focus::Elsewhere);
        let top = self.top.min(left.len().saturating_sub(usize::from(inside.height)));
        text::put_lines(buffer, inside, &left[top..]);
        scroll::bar(buffer, inside, look.theme, top, left.len());
    }
}
