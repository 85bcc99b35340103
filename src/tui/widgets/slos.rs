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
const BAR: usize = 8;
const BURN: usize = 7;
/// The most columns that a name has.
const NAME: usize = 40;
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
    let (bar, age) = if wide { shares(list, usize::from(area.width), objective) } else { (BAR, AGE) };
    let known = list.rows.iter().any(|row| matches!(row.figures, Figures::Known { .. }));
    if known && let Some(mut row) = Row::new(buffer, look, area, 0, Stand::Plain) {
        // Over the columns of the burn, as far from the right end as they are.
        let behind = if wide { OUT + 1 + age } else { age };
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
            let figures = 1 + bar + 1 + BUDGET + BURN * 3 + OUT + 1 + age;
            let name = row.left().saturating_sub(figures + objective).clamp(8, NAME);
            let spare = row.left().saturating_sub(figures + objective + name);
            let mark = mark(slo, &mut row);
            row.column(Role::Text, &slo.name, name.saturating_sub(mark));
            if objective > 0 {
                row.right(Role::TextMuted, &slo.objective, objective);
            }
            row.gap(1);
            let bar = u16::try_from(bar + spare).unwrap_or(0);
            figures_row(slo, bar, true, age, &mut row);
            continue;
        }
        let end = match &slo.figures {
            Figures::Known { frozen: Some(frozen), .. } => Some(frozen),
            Figures::Known { exhaustion, .. } => Some(exhaustion),
            Figures::Unknown(_) => None,
        };
        let beside = text::width(&slo.objective) + 2 + end.map_or(0, |end| text::width(&end.text));
        mark(slo, &mut row);
        let name = row.left().saturating_sub(beside).min(text::width(&slo.name));
        row.column(Role::Text, &slo.name, name).gap(1).put(Role::TextMuted, &slo.objective);
        if let Some(end) = end {
            let left = row.left();
            row.right(end.role, &end.text, left);
        }
        if let Some(mut row) = Row::new(buffer, look, inside, place * each + 1, stand) {
            row.mark();
            let space = row.left().saturating_sub(1 + BUDGET + BURN * 3 + AGE).clamp(4, 24);
            figures_row(slo, u16::try_from(space).unwrap_or(4), false, AGE, &mut row);
        }
    }
    cursor
}

/// Columns of the bar and of the age in a list of one row each: both are given up before a name is cut, the bar first.
/// The words of frozen figures need the columns of the age.
fn shares(list: &Slos, width: usize, objective: usize) -> (usize, usize) {
    let wanted = list.rows.iter().map(|slo| text::width(&slo.name) + if slo.caveat { 2 } else { 0 });
    let wanted = wanted.max().unwrap_or(0).min(NAME);
    let rest = 1 + 1 + 1 + BUDGET + BURN * 3 + OUT + 1 + objective;
    let left = width.saturating_sub(wanted + rest);
    let frozen = list.rows.iter().any(|slo| matches!(slo.figures, Figures::Known { frozen: Some(_), .. }));
    match left.checked_sub(AGE) {
        None if !frozen => (left.min(BAR), 0),
        bar => (bar.unwrap_or(0).min(BAR), AGE),
    }
}

/// Says that there is something to know beside the figures; gives the columns that this takes.
fn mark(slo: &SloRow, row: &mut Row<'_>) -> usize {
    if !slo.caveat {
        return 0;
    }
    row.put(Role::Warn, "! ");
    2
}

fn figures_row(slo: &SloRow, columns: u16, with_end: bool, age: usize, row: &mut Row<'_>) {
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
                let blank = row.left().saturating_sub(BURN * 3 + age);
                row.gap(blank);
            }
            for burn in burn {
                row.right(burn.role, &burn.text, BURN);
            }
            match frozen {
                Some(frozen) if with_end => {
                    row.gap(1).column(frozen.role, &frozen.text, OUT + age);
                    return;
                }
                None if with_end => {
                    row.gap(1).column(exhaustion.role, &exhaustion.text, OUT);
                }
                Some(_) | None => {}
            }
            row.right(Role::TextMuted, &slo.age, age);
        }
    }
}
