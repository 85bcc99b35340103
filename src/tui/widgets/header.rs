//! The first row of the screen, and the banner below it.
//!
//! ```text
//!  hub  DEMO  ● LIVE 4ms                      ▲ SEV1 · 4 open · 1 unacknowledged   14:03:17Z
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::header::Header;
use crate::tui::vm::{Run, runs_width, text};

pub fn header(header: &Header, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) else { return };
    let counts = if area.width >= 100 { &header.counts } else { &header.counts_short };
    let clock = text::width(&header.clock);
    let right = runs_width(counts) + 3 + clock + 1;
    let demo = if header.demo { 6 } else { 0 };
    let link = runs_width(&header.link);
    let hub = row.left().saturating_sub(1 + demo + 2 + link + 2 + right).clamp(4, 40);
    row.gap(1).put(Role::Title, &text::cut(&header.hub, hub, look.glyphs.ellipsis));
    if header.demo {
        row.gap(2).put(Role::Demo, "DEMO");
    }
    row.gap(2).runs(&header.link);
    let blank = row.left().saturating_sub(right);
    row.gap(blank).runs(counts).gap(3).put(Role::TextStrong, &header.clock);
}

/// What is wrong with the hub or the way to it, over the whole width.
pub fn banner(says: &Run, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    if let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) {
        let fill = row.left();
        row.column(says.role, &format!(" {}", says.text), fill);
    }
}
