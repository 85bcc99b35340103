//! What the terminal shows, as far as it was told: so that the way to the next change can be the shortest.

use std::ops::Range;

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Size;

use super::ink::is_our_own;
use super::pen::{PLAIN, Pen};

#[derive(Debug)]
pub(super) struct Shown {
    columns: u16,
    /// Row by row. Only what surely takes one column is known.
    cells: Vec<Option<(char, Pen)>>,
}

impl Shown {
    /// A screen that was just cleared.
    pub fn empty(size: Size) -> Self {
        Shown::filled(size, Some((' ', PLAIN)))
    }

    /// A screen that anything may stand on.
    pub fn unknown(size: Size) -> Self {
        Shown::filled(size, None)
    }

    fn filled(size: Size, cell: Option<(char, Pen)>) -> Self {
        Shown { columns: size.width, cells: vec![cell; usize::from(size.width) * usize::from(size.height)] }
    }

    pub fn put(&mut self, x: u16, y: u16, cell: &Cell) {
        let symbol = cell.symbol();
        let character = symbol.chars().next().filter(|_| symbol.len() == 1 || is_our_own(symbol));
        let place = usize::from(y) * usize::from(self.columns) + usize::from(x);
        if let Some(shown) = self.cells.get_mut(place) {
            *shown = character.map(|character| (character, Pen::of(cell)));
        }
        // A wide glyph covers what stood beside it, and nobody is told when it goes.
        if cell.cell_width() > 1
            && let Some(covered) = self.cells.get_mut(place + 1)
        {
            *covered = None;
        }
    }

    /// The column from which on a row is empty.
    pub fn empty_from(&self, y: u16) -> u16 {
        let is_empty = |cell: &&Option<(char, Pen)>| {
            cell.is_some_and(|(character, pen)| character == ' ' && pen.leaves_blanks_empty())
        };
        let empty = self.row(y).iter().rev().take_while(is_empty).count();
        // No more than a row is long.
        self.columns.saturating_sub(u16::try_from(empty).unwrap_or(u16::MAX))
    }

    /// What stands in some columns, when all of it is known and has this look.
    pub fn between(&self, y: u16, columns: Range<u16>, pen: Pen) -> Option<String> {
        let cells = self.row(y).get(usize::from(columns.start)..usize::from(columns.end))?;
        cells
            .iter()
            .map(|cell| cell.filter(|(_, look)| *look == pen).map(|(character, _)| character))
            .collect()
    }

    fn row(&self, y: u16) -> &[Option<(char, Pen)>] {
        let columns = usize::from(self.columns);
        let start = usize::from(y) * columns;
        self.cells.get(start..start + columns).unwrap_or_default()
    }
}
