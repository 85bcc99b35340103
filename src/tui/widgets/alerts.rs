//! Alerts that wait for an incident, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::alerts::Alerts;
use crate::tui::vm::text;

pub fn alerts(list: &Alerts, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&list.title, list.above, list.below, area, buffer, look);
    let widest = |of: fn(&crate::tui::vm::alerts::AlertRow) -> &str| {
        list.rows.iter().map(|row| text::width(of(row))).max().unwrap_or(0)
    };
    let severity = widest(|row| &row.severity.text).min(9);
    let name = widest(|row| &row.name).min(usize::from(inside.width) / 2);
    let mut cursor = None;
    for (y, alert) in (0..).zip(&list.rows) {
        let stand = Stand::of(alert.selected, list.title.focused);
        let Some(mut row) = Row::new(buffer, look, inside, y, stand) else { break };
        if alert.selected {
            cursor = Some(row.position());
        }
        row.mark().column(alert.severity.role, &alert.severity.text, severity).gap(1);
        row.column(Role::Text, &alert.name, name).gap(2);
        let about = row.left().saturating_sub(7);
        row.column(Role::TextMuted, &alert.about, about).right(Role::TextMuted, &alert.age, 7);
    }
    cursor
}
