//! A dialog: a box over whatever is behind it, or the whole screen when the screen is smaller.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::modal::{Dialog, FRAME};
use crate::tui::vm::text;

/// Rows that the dialog wants, its border included.
pub fn height(dialog: &Dialog) -> u16 {
    u16::try_from(dialog.rows.len() + dialog.foot.len() + 2).unwrap_or(u16::MAX)
}

/// Gives the place of the cursor.
pub fn dialog(dialog: &Dialog, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    Clear.render(area, buffer);
    buffer.set_style(area, look.theme.style(Role::Text));
    frame(dialog, area, buffer, look);
    let inside = Rect {
        x: area.x.saturating_add(FRAME / 2),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(FRAME),
        height: area.height.saturating_sub(2),
    };
    let foot = u16::try_from(dialog.foot.len()).unwrap_or(u16::MAX).min(inside.height);
    let body = Rect { height: inside.height - foot, ..inside };
    // What the keys act on is in sight on the smallest screen.
    let reach = dialog.cursor.map_or(0, |(row, _)| (row + 1).saturating_sub(usize::from(body.height)));
    let chosen = dialog.rows.iter().position(|row| row.selected);
    let chosen = chosen.map_or(0, |row| (row + 1).saturating_sub(usize::from(body.height)));
    let scroll = dialog.scroll.max(reach).max(chosen);
    for (y, line) in (0..body.height).zip(dialog.rows.iter().skip(scroll)) {
        let stand = if line.selected { Stand::Selected } else { Stand::Plain };
        if let Some(mut row) = Row::new(buffer, look, body, y, stand) {
            row.runs(&line.runs);
        }
    }
    let below = Rect { y: body.bottom(), height: foot, ..inside };
    for (y, runs) in (0..).zip(&dialog.foot) {
        if let Some(mut row) = Row::new(buffer, look, below, y, Stand::Plain) {
            row.runs(runs);
        }
    }
    let (row, column) = dialog.cursor.filter(|_| !body.is_empty())?;
    let y = u16::try_from(row.checked_sub(scroll)?).ok().filter(|y| *y < body.height)?;
    let x = u16::try_from(column).ok()?.min(body.width.saturating_sub(1));
    Some(Position { x: body.x + x, y: body.y + y })
}

fn frame(dialog: &Dialog, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let glyphs = look.glyphs;
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    let inner = usize::from(area.width.saturating_sub(2));
    let last = area.height.saturating_sub(1);
    for y in 0..area.height {
        let Some(mut row) = Row::new(buffer, look, area, y, Stand::Plain) else { return };
        if y == 0 {
            let title = text::cut(&dialog.title, inner.saturating_sub(4), glyphs.ellipsis);
            row.put(dialog.tone, top_left)
                .put(dialog.tone, glyphs.rule)
                .put(Role::Title, &format!(" {title} "));
            let left = row.left().saturating_sub(1);
            row.put(dialog.tone, &glyphs.rule.repeat(left)).put(dialog.tone, top_right);
        } else if y == last {
            row.put(dialog.tone, bottom_left)
                .put(dialog.tone, &glyphs.rule.repeat(inner))
                .put(dialog.tone, bottom_right);
        } else {
            row.put(dialog.tone, glyphs.vertical);
            row.x = row.area.right().saturating_sub(1);
            row.put(dialog.tone, glyphs.vertical);
        }
    }
}
