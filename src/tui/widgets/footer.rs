//! The last row: keys on the left, what was just done on the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::chrome::FooterKey;
use crate::tui::vm::footer::Footer;
use crate::tui::vm::text;

pub fn footer(footer: &Footer, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) else { return };
    let says: usize = footer.says.iter().map(|run| text::width(&run.text) + 1).sum();
    let keys = row.left().saturating_sub(says + 1);
    row.gap(1);
    let mut left = keys;
    for key in fitting(&footer.keys, keys) {
        left = left.saturating_sub(width(key));
        let (pressed, label) = match key.enabled {
            true => (Role::Key, Role::Text),
            false => (Role::TextMuted, Role::TextMuted),
        };
        row.put(pressed, &key.keys).gap(1).put(label, &key.label).gap(2);
    }
    row.gap(left);
    for run in &footer.says {
        row.put(run.role, &run.text).gap(1);
    }
}

fn width(key: &FooterKey) -> usize {
    text::width(&key.keys) + text::width(&key.label) + 3
}

/// As many keys as there is room for, whole ones, from the first on; the last one (the help) always.
fn fitting(keys: &[FooterKey], columns: usize) -> Vec<&FooterKey> {
    let Some((last, others)) = keys.split_last() else { return Vec::new() };
    let mut left = columns.saturating_sub(width(last));
    let mut fitting: Vec<&FooterKey> = Vec::new();
    for key in others {
        let Some(rest) = left.checked_sub(width(key)) else { break };
        left = rest;
        fitting.push(key);
    }
    fitting.push(last);
    fitting
}
