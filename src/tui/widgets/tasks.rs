//! Tasks of the selected incident, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::tasks::Tasks;
use crate::tui::vm::{runs_width, text};

pub fn tasks(list: &Tasks, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&list.title, list.above, list.below, area, buffer, look);
    if list.rows.is_empty()
        && let Some(mut row) = Row::new(buffer, look, inside, 0, Stand::Plain)
    {
        row.gap(1).put(Role::TextMuted, "Nothing is to be done yet.");
    }
    let id = list.rows.iter().map(|row| text::width(&row.id)).max().unwrap_or(0);
    let facts = list.rows.iter().map(|row| runs_width(&row.facts)).max().unwrap_or(0);
    let mut cursor = None;
    for (y, task) in (0..).zip(&list.rows) {
        let stand = Stand::of(task.selected, list.title.focused);
        let Some(mut row) = Row::new(buffer, look, inside, y, stand) else { break };
        if task.selected {
            cursor = Some(row.position());
        }
        row.mark().put(task.state.role, &task.state.text).gap(1).column(Role::TextMuted, &task.id, id).gap(1);
        let facts = facts.min(row.left().saturating_sub(26));
        let title = row.left().saturating_sub(facts + 2);
        let role = if task.done { Role::TextMuted } else { Role::Text };
        row.column(role, &task.title, title).gap(2).runs(&task.facts);
    }
    cursor
}
