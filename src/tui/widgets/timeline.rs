//! The running timeline.
//!
//! ```text
//! ▌14:03:17Z @ana         What happened, wrapped under
//!                         itself
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::timeline::{Timeline, TimelineRow};

pub fn timeline(timeline: &Timeline, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&timeline.title, false, false, area, buffer, look);
    let focused = timeline.title.focused;
    let mut cursor = None;
    let mut y = 0;
    if let (Some(empty), Some(mut row)) = (&timeline.empty, Row::new(buffer, look, inside, 0, Stand::Plain)) {
        row.gap(1).put(empty.role, &empty.text);
        y = 1;
    }
    for line in &timeline.rows {
        let stand = match line {
            TimelineRow::Entry { selected, .. } | TimelineRow::More { selected, .. } => {
                Stand::of(*selected, focused)
            }
            TimelineRow::Day(_) => Stand::Plain,
        };
        let Some(mut row) = Row::new(buffer, look, inside, y, stand) else { break };
        match line {
            TimelineRow::Entry { selected, pinned, time, name, text, .. } => {
                if *selected {
                    cursor = Some(row.position());
                }
                match *pinned && !*selected {
                    true => row.put(Role::Warn, look.glyphs.pin),
                    false => row.mark(),
                };
                row.put(Role::TextMuted, time).gap(1).put(name.role, &name.text).gap(1);
                row.put(text.role, &text.text);
            }
            TimelineRow::More { text, .. } => {
                row.mark().gap(timeline.indent).put(text.role, &text.text);
            }
            TimelineRow::Day(day) => {
                row.gap(1).put(Role::TextMuted, day);
            }
        }
        y += 1;
    }
    for runs in &timeline.pending {
        if let Some(mut row) = Row::new(buffer, look, inside, y, Stand::Plain) {
            row.gap(1).runs(runs);
        }
        y += 1;
    }
    cursor
}
