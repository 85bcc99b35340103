//! The list of incidents: a row each where it is wide, else two.
//!
//! ```text
//! ▌▲ SEV1 INC-7 Checkout returns 502 for card payments     UNACKED        3 firing    12m
//!
//! ▌▲ SEV1 Checkout returns 502 for card payments      12m
//!         INC-7 · investigating · 3 firing · @ana
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::incidents::{IncidentRow, Incidents};
use crate::tui::vm::text;

/// From this width on one row is enough.
const ONE_ROW: u16 = 76;

/// How many incidents fit into a pane, its title counted.
pub fn fitting(area: Rect) -> usize {
    let rows = usize::from(area.height.saturating_sub(1));
    if area.width >= ONE_ROW { rows } else { (rows / 2).max(1) }
}

/// Gives the place of the one that is selected.
pub fn incidents(list: &Incidents, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&list.title, list.above, list.below, area, buffer, look);
    let columns = usize::from(inside.width.saturating_sub(2));
    let empty = list.empty.iter().flat_map(|says| {
        let rows = text::wrap(&says.text, columns, 3, look.glyphs.ellipsis);
        rows.into_iter().map(|row| (says.role, row))
    });
    for (y, (role, says)) in (0..).zip(empty) {
        if let Some(mut row) = Row::new(buffer, look, inside, y, Stand::Plain) {
            row.gap(1).put(role, &says);
        }
    }
    let id = list.rows.iter().map(|row| text::width(&row.id)).max().unwrap_or(0);
    let mut cursor = None;
    let each = if area.width >= ONE_ROW { 1 } else { 2 };
    for (place, incident) in (0..).zip(&list.rows) {
        let stand = Stand::of(incident.selected, list.title.focused);
        let Some(mut row) = Row::new(buffer, look, inside, place * each, stand) else { break };
        if incident.selected {
            cursor = Some(row.position());
        }
        if each == 1 {
            one_row(incident, id, &mut row);
        } else {
            first_row(incident, &mut row);
            if let Some(mut row) = Row::new(buffer, look, inside, place * each + 1, stand) {
                second_row(incident, id, &mut row);
            }
        }
    }
    cursor
}

fn title_role(incident: &IncidentRow) -> Role {
    match (incident.selected, incident.quiet) {
        (true, _) => Role::TextStrong,
        (false, true) => Role::TextMuted,
        (false, false) => Role::Text,
    }
}

fn one_row(incident: &IncidentRow, id: usize, row: &mut Row<'_>) {
    const STATUS: usize = 13;
    const FIRING: usize = 10;
    const AGE: usize = 6;
    let lead = if row.left() >= 100 { 14 } else { 0 };
    row.mark().column(incident.severity.role, &incident.severity.text, 7);
    row.column(Role::TextMuted, &incident.id, id).gap(1);
    let title = row.left().saturating_sub(STATUS + FIRING + AGE + lead + 3);
    row.column(title_role(incident), &incident.title, title).gap(1);
    match &incident.mark {
        Some(mark) => {
            row.column(mark.role, &mark.text, STATUS + FIRING + lead);
        }
        None => {
            row.put(incident.status.role, &incident.status.text);
            row.gap(STATUS.saturating_sub(text::width(&incident.status.text)));
            if lead > 0 {
                row.column(Role::Text, &incident.lead, lead);
            }
            row.right(Role::Warn, &incident.firing, FIRING);
        }
    }
    row.gap(1).right(Role::TextMuted, &incident.age, AGE);
}

fn first_row(incident: &IncidentRow, row: &mut Row<'_>) {
    const AGE: usize = 7;
    row.mark().column(incident.severity.role, &incident.severity.text, 7);
    let title = row.left().saturating_sub(AGE);
    row.column(title_role(incident), &incident.title, title);
    row.right(Role::TextMuted, &incident.age, AGE);
}

fn second_row(incident: &IncidentRow, id: usize, row: &mut Row<'_>) {
    row.mark().gap(7).column(Role::TextMuted, &incident.id, id).gap(2);
    match &incident.mark {
        Some(mark) => {
            row.put(mark.role, &mark.text);
        }
        None => {
            const STATUS: usize = 13;
            row.put(incident.status.role, &incident.status.text);
            row.gap(STATUS.saturating_sub(text::width(&incident.status.text)) + 2);
            row.put(Role::Warn, &incident.firing);
            if !incident.lead.is_empty() && row.left() > 6 {
                row.gap(if incident.firing.is_empty() { 0 } else { 2 }).put(Role::Text, &incident.lead);
            }
        }
    }
}
