//! The frame of a pane: one quiet row with its title, which is heavy when the pane has the focus.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::{Title, runs_width, text};

/// Draws the title and gives the area below it. `above` and `below` say that the list goes on there.
pub fn panel(
    title: &Title,
    above: bool,
    below: bool,
    area: Rect,
    buffer: &mut Buffer,
    look: Look<'_>,
) -> Rect {
    let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) else { return area };
    let (rule, line, name) = match title.focused {
        true => (look.glyphs.rule_focus, Role::BorderFocus, Role::BorderFocus),
        false => (look.glyphs.rule, Role::Border, Role::Title),
    };
    let note = runs_width(&title.note);
    let beside = if note > 0 { note + 2 } else { 0 };
    let room = row.left().saturating_sub(4 + beside).max(8);
    row.put(line, rule).put(line, " ");
    row.put(name, &text::cut(&title.text, room, look.glyphs.ellipsis));
    if note > 0 {
        row.gap(2).runs(&title.note);
    }
    row.gap(1);
    let more = match (above, below) {
        (true, true) => format!(" {} {}", look.glyphs.less, look.glyphs.more),
        (true, false) => format!(" {}", look.glyphs.less),
        (false, true) => format!(" {}", look.glyphs.more),
        (false, false) => String::new(),
    };
    let left = row.left().saturating_sub(text::width(&more));
    row.put(line, &rule.repeat(left)).put(Role::TextMuted, &more);
    Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area }
}
