//! The error budgets: a row each where it is wide, else two.
//!
//! ```text
//! ─ SLOs  1 of 3 burning ─────────────────────────────  5m    1h    6h ──────────────────
//!  checkout-availability  99.9%  ████▉···  62% left   14.4×  6.1×  1.2×  out in 3h10m  4s
//!
//!  checkout-availability 99.9%            out in 3h10m
//!  ████▉·······  62% left   14.4×   6.1×   1.2×     4s
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bar::bar;
use super::panel::panel;
use super::{Look, Row, Stand};
use crate::tui::theme::Role;
use crate::tui::vm::slos::{Figures, SloRow, Slos};
use crate::tui::vm::text;

/// From this width on one row is enough.
const ONE_ROW: u16 = 76;
const BUDGET: usize = 9;
const BURN: usize = 7;
const AGE: usize = 6;
/// `out in 3h10m`, `stale as of 13:58Z` with the age.
const OUT: usize = 13;

/// How many SLOs fit into a pane, its title counted.
pub fn fitting(area: Rect) -> usize {
    let rows = usize::from(area.height.saturating_sub(1));
    if area.width >= ONE_ROW { rows } else { (rows / 2).max(1) }
}

pub fn slos(list: &Slos, area: Rect, buffer: &mut Buffer, look: Look<'_>) -> Option<Position> {
    let inside = panel(&list.title, list.above, list.below, area, buffer, look);
    if let (Some(empty), Some(mut row)) = (&list.empty, Row::new(buffer, look, inside, 0, Stand::Plain)) {
        row.gap(1).put(empty.role, &empty.text);
    }
    let wide = area.width >= ONE_ROW;
    let objective = if wide && area.width < 96 { 0 } else { 8 };
    let known = list.rows.iter().any(|row| matches!(row.figures, Figures::Known { .. }));
    if known && let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) {
        // Over the columns of the burn, as far from the right end as they are.
        let behind = if wide { OUT + 1 + AGE } else { AGE };
        let before = usize::from(area.width).saturating_sub(BURN * 3 + behind);
        row.x = row.x.saturating_add(u16::try_from(before).unwrap_or(0));
        for window in ["5m", "1h", "6h"] {
            row.right(Role::TextMuted, window, BURN);
        }
        row.gap(1);
    }
    let mut cursor = None;
    let each = if wide { 1 } else { 2 };
    for (place, slo) in (0..).zip(&list.rows) {
        let stand = Stand::of(slo.selected, list.title.focused);
        let Some(mut row) = Row::new(buffer, look, inside, place * each, stand) else { break };
        if slo.selected {
            cursor = Some(row.position());
        }
        row.mark();
        if wide {
            let figures = 1 + 8 + 1 + BUDGET + BURN * 3 + OUT + 1 + AGE;
            let name = row.left().saturating_sub(figures + objective).clamp(8, 40);
            let spare = row.left().saturating_sub(figures + objective + name);
            row.column(Role::Text, &slo.name, name);
            if objective > 0 {
                row.right(Role::TextMuted, &slo.objective, objective);
            }
            row.gap(1);
            let bar = 8 + u16::try_from(spare).unwrap_or(0);
            figures_row(slo, bar, true, &mut row);
            continue;
        }
        let end = match &slo.figures {
            Figures::Known { frozen: Some(frozen), .. } => Some(frozen),
            Figures::Known { exhaustion, .. } => Some(exhaustion),
            Figures::Unknown(_) => None,
        };
        let beside = text::width(&slo.objective) + 2 + end.map_or(0, |end| text::width(&end.text));
        let name = row.left().saturating_sub(beside).min(text::width(&slo.name));
        row.column(Role::Text, &slo.name, name).gap(1).put(Role::TextMuted, &slo.objective);
        if let Some(end) = end {
            let left = row.left();
            row.right(end.role, &end.text, left);
        }
        if let Some(mut row) = Row::new(buffer, look, inside, place * each + 1, stand) {
            row.mark();
            let space = row.left().saturating_sub(1 + BUDGET + BURN * 3 + AGE).clamp(4, 24);
            figures_row(slo, u16::try_from(space).unwrap_or(4), false, &mut row);
        }
    }
    cursor
}

fn figures_row(slo: &SloRow, columns: u16, with_end: bool, row: &mut Row<'_>) {
    match &slo.figures {
        Figures::Unknown(why) => {
            row.put(why.role, &why.text);
        }
        Figures::Known { left, budget, burn, exhaustion, frozen } => {
            let role = if frozen.is_some() { Role::Offline } else { Role::Burn };
            match left {
                Some(left) => bar(row, role, *left, columns),
                None => {
                    row.gap(usize::from(columns));
                }
            }
            row.gap(1).column(budget.role, &budget.text, BUDGET);
            if !with_end {
                let blank = row.left().saturating_sub(BURN * 3 + AGE);
                row.gap(blank);
            }
            for burn in burn {
                row.right(burn.role, &burn.text, BURN);
            }
            match frozen {
                Some(frozen) if with_end => {
                    row.gap(1).column(frozen.role, &frozen.text, OUT + AGE);
                    return;
                }
                None if with_end => {
                    row.gap(1).column(exhaustion.role, &exhaustion.text, OUT);
                }
                Some(_) | None => {}
            }
            row.right(Role::TextMuted, &slo.age, AGE);
        }
    }
}
