//! What is shown on a screen that is too small: that it is, and still how bad it is and whether that is true.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::{Run, Runs, run, runs_width};

pub fn small(needed: (u16, u16), worst: &[Run], link: &Run, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let (width, height) = needed;
    let need = format!(
        "need {width}{times}{height}, have {}{times}{}",
        area.width,
        area.height,
        times = look.glyphs.times
    );
    let rows: [Runs; 3] = [vec![run(Role::TextStrong, need)], worst.to_vec(), vec![link.clone()]];
    // On a single row, what matters is not its size.
    let rows = if area.height < 3 { rows.get(1..).unwrap_or_default() } else { &rows };
    let top = area.height.saturating_sub(u16::try_from(rows.len()).unwrap_or(3)) / 2;
    for (y, runs) in (top..).zip(rows) {
        if let Some(mut row) = Row::new(buffer, look, area, y, Stand::Plain) {
            let blank = row.left().saturating_sub(runs_width(runs)) / 2;
            row.gap(blank).runs(runs);
        }
    }
}
