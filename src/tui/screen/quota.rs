//! Quotas: what each namespace may use, and how much of it is used.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, ScreenName, on_object};
use crate::model::core::ResourceQuota;
use crate::model::metav1::WireQuantity;
use crate::model::{Kind, Meta, Object, Quantity, Resource};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{gauge, pane, scroll, text};

/// The widths of the name of a resource and of an amount.
const NAME: usize = 26;
const AMOUNT: usize = 10;

/// The quotas.
#[derive(Default)]
pub struct QuotaScreen {
    cursor: usize,
}

fn milli(quantity: Option<&WireQuantity>) -> u64 {
    let read = quantity.and_then(|wire| Quantity::try_from(wire).ok());
    read.map_or(0, |quantity| u64::try_from(quantity.milli_value()).unwrap_or(0))
}

fn lines(look: &Look<'_>, quota: &ResourceQuota, is_chosen: bool, columns: usize) -> Vec<Line<'static>> {
    let name = format!("{}/{}", quota.metadata.namespace(), quota.metadata.name());
    let sign = if is_chosen { look.theme.sign(Meaning::Chosen) } else { " " };
    let style = look.style(if is_chosen { Meaning::Chosen } else { Meaning::Accent });
    let mut lines = vec![text::line(format!("{sign} {name}"), style)];
    let hard = quota.spec.as_ref().and_then(|spec| spec.hard.as_ref());
    let used = quota.status.as_ref().and_then(|status| status.used.as_ref());
    for (resource, limit) in hard.into_iter().flatten() {
        let spent = used.and_then(|used| used.get(resource));
        let (have, most) = (milli(spent), milli(Some(limit)));
        let meaning = gauge::meaning(have, most);
        let width = columns.saturating_sub(NAME + 2 * AMOUNT + 9).clamp(4, 50);
        lines.push(text::spans(vec![
            (format!("    {}", text::fit(resource, NAME, "~")), look.style(Meaning::Text)),
            (gauge::bar(look.theme, have, most, width), look.style(meaning)),
            (format!(" {:>AMOUNT$}", spent.map_or("?", |spent| spent.0.as_str())), look.style(meaning)),
            (format!(" / {:<AMOUNT$}", limit.0), look.style(Meaning::Muted)),
        ]));
    }
    lines.push(Line::default());
    lines
}

impl Screen for QuotaScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Quota
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-quota")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let quotas = look.objects(Kind::ResourceQuota);
        let action = if *action == Action::Cycle { &Action::Down } else { action };
        if let Some(cursor) = scroll::moved(self.cursor, action, quotas.len(), 4) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        quotas.get(self.cursor).map(Object::key).map_or_else(Vec::new, |key| on_object::asks(action, &key, look))
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let quotas = look.objects(Kind::ResourceQuota);
        let inside = pane::frame(buffer, area, look.theme, &look.text("view-quota"), pane::Focus::Here);
        let (mut all, mut start) = (Vec::new(), 0);
        for (index, quota) in quotas.iter().filter_map(ResourceQuota::of).enumerate() {
            if index == self.cursor {
                start = all.len();
            }
            all.extend(lines(look, quota, index == self.cursor, usize::from(inside.width)));
        }
        if all.is_empty() {
            text::put_at(buffer, inside, (2, 1), &look.text("quota-none"), look.style(Meaning::Muted));
        }
        let top = start.min(all.len().saturating_sub(usize::from(inside.height)));
        text::put_lines(buffer, inside, &all[top..]);
        scroll::bar(buffer, inside, look.theme, top, all.len());
    }
}
