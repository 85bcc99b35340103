//! From view models to cells, one file a part of the screen. Nothing here knows the room; nothing here decides what is
//! said, only where it stands.

pub mod alerts;
pub mod bar;
pub mod detail;
pub mod dialog;
pub mod footer;
pub mod header;
pub mod incidents;
pub mod panel;
pub mod responders;
pub mod slos;
pub mod small;
pub mod tasks;
pub mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::theme::{Glyphs, Role, Theme};
use crate::tui::vm::{Run, text};

/// What things look like.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub theme: &'a Theme,
    pub glyphs: &'a Glyphs,
}

/// How a row stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Plain,
    /// The one that is selected, in a pane that has not the focus.
    Marked,
    /// The one that the keys act on.
    Selected,
}

impl Stand {
    fn of(selected: bool, focused: bool) -> Self {
        match (selected, focused) {
            (false, _) => Stand::Plain,
            (true, false) => Stand::Marked,
            (true, true) => Stand::Selected,
        }
    }
}

/// One row of cells that is filled from left to right.
struct Row<'a> {
    buffer: &'a mut Buffer,
    look: Look<'a>,
    area: Rect,
    x: u16,
    stand: Stand,
}

impl<'a> Row<'a> {
    /// The row `y` of `area`; none when it has not so many.
    fn new(buffer: &'a mut Buffer, look: Look<'a>, area: Rect, y: u16, stand: Stand) -> Option<Self> {
        let area = Rect { y: area.y.checked_add(y)?, height: 1, ..area }
            .intersection(area)
            .intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        if stand == Stand::Selected {
            buffer.set_style(area, look.theme.style(Role::Select));
        }
        Some(Row { x: area.x, buffer, look, area, stand })
    }

    fn left(&self) -> usize {
        usize::from(self.area.right().saturating_sub(self.x))
    }

    /// Words from here on, cut where the row ends.
    fn put(&mut self, role: Role, words: &str) -> &mut Self {
        let mut style = self.look.theme.style(role);
        if self.stand == Stand::Selected {
            style = style.patch(self.look.theme.style(Role::Select));
        }
        let words = text::cut(words, self.left(), self.look.glyphs.ellipsis);
        let (x, _) = self.buffer.set_stringn(self.x, self.area.y, &words, self.left(), style);
        self.x = x;
        self
    }

    /// Words in exactly `columns`.
    fn column(&mut self, role: Role, words: &str, columns: usize) -> &mut Self {
        self.put(role, &text::padded(words, columns, self.look.glyphs.ellipsis))
    }

    /// Words at the right end of `columns`.
    fn right(&mut self, role: Role, words: &str, columns: usize) -> &mut Self {
        let words = text::cut(words, columns, self.look.glyphs.ellipsis);
        let blank = columns.saturating_sub(text::width(&words));
        self.put(role, &format!("{}{words}", " ".repeat(blank)))
    }

    fn gap(&mut self, columns: usize) -> &mut Self {
        self.put(Role::Text, &" ".repeat(columns))
    }

    fn runs(&mut self, runs: &[Run]) -> &mut Self {
        let runs = text::cut_runs(runs.to_vec(), self.left(), self.look.glyphs.ellipsis);
        for run in &runs {
            self.put(run.role, &run.text);
        }
        self
    }

    /// The mark in front of what is selected: by shape, where colours do not say it.
    fn mark(&mut self) -> &mut Self {
        match self.stand {
            Stand::Plain => self.gap(1),
            Stand::Marked | Stand::Selected => self.put(Role::BorderFocus, self.look.glyphs.cursor),
        }
    }

    fn position(&self) -> Position {
        Position { x: self.area.x, y: self.area.y }
    }
}
