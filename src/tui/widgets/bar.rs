//! A bar of eighths of a column.

use super::Row;
use crate::tui::theme::Role;

/// `thousandths` of `columns`, full columns first. A rest that is more than nothing is never drawn as nothing.
pub(super) fn bar(row: &mut Row<'_>, role: Role, thousandths: u16, columns: u16) {
    let eighths = u32::from(thousandths.min(1000)) * u32::from(columns) * 8 / 1000;
    let eighths = if thousandths > 0 { eighths.max(1) } else { 0 };
    let full = usize::try_from(eighths / 8).unwrap_or(0);
    let rest = usize::try_from(eighths % 8).unwrap_or(0);
    let glyphs = row.look.glyphs;
    let whole = glyphs.bar.last().copied().unwrap_or("#");
    let mut words = whole.repeat(full);
    if let Some(part) = rest.checked_sub(1).and_then(|rest| glyphs.bar.get(rest)) {
        words.push_str(part);
    }
    row.put(role, &words);
    let track = usize::from(columns).saturating_sub(full + usize::from(rest > 0));
    row.put(Role::Border, &glyphs.bar_track.repeat(track));
}
