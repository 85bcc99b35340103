//! Who is here, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::responders::Responders;
use crate::tui::vm::text;

pub fn responders(list: &Responders, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&list.title, list.above, list.below, area, buffer, look);
    if list.rows.is_empty()
        && let Some(mut row) = Row::new(buffer, look, inside, 0, Stand::Plain)
    {
        row.gap(1).put(Role::TextMuted, "Nobody is connected.");
    }
    let handle = list.rows.iter().map(|row| text::width(&row.handle)).max().unwrap_or(0).min(20);
    let role = list.rows.iter().map(|row| text::width(&row.role.text)).max().unwrap_or(0);
    let mut cursor = None;
    for (y, person) in (0..).zip(&list.rows) {
        let stand = Stand::of(person.selected, list.title.focused);
        let Some(mut row) = Row::new(buffer, look, inside, y, stand) else { break };
        if person.selected {
            cursor = Some(row.position());
        }
        row.mark().put(person.presence.role, &person.presence.text).gap(1);
        row.column(Role::Text, &person.handle, handle).gap(2);
        let role = role.min(row.left().saturating_sub(12));
        row.column(person.role.role, &person.role.text, role).gap(2).put(Role::TextMuted, &person.looks_at);
    }
    cursor
}
