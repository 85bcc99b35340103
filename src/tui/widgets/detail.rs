//! The selected incident: labels in a column of their own, the most urgent first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::detail::{Detail, LABEL};

pub fn detail(detail: &Detail, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let inside = panel(&detail.title, false, false, area, buffer, look);
    if let (Some(empty), Some(mut row)) = (&detail.empty, Row::new(buffer, look, inside, 0, Stand::Plain)) {
        row.gap(1).put(empty.role, &empty.text);
    }
    let mut y = 0;
    for field in &detail.fields {
        for (place, runs) in field.rows.iter().enumerate() {
            let Some(mut row) = Row::new(buffer, look, inside, y, Stand::Plain) else { return };
            row.gap(1);
            if !field.label.is_empty() {
                row.column(Role::TextMuted, if place == 0 { field.label } else { "" }, LABEL - 1);
            }
            row.runs(runs);
            y += 1;
        }
    }
}
