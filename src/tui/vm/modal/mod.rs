//! Dialogs as rows of words in a box, for a screen of a given size.

mod choose;
mod compose;
mod details;
mod field;
mod keys;
mod write;

use super::chrome::Chrome;
use super::{Cx, Run, Runs, run};
use crate::tui::modal::Modal;
use crate::tui::model::Model;
use crate::tui::theme::Role;

pub use keys::which_key;

/// A box with a title, rows, and a foot that says which keys do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    pub title: String,
    /// Of the border: what is at stake.
    pub tone: Role,
    /// Columns of the box, its border included.
    pub width: u16,
    pub rows: Vec<DialogRow>,
    /// The first row that is shown, where there are more than fit.
    pub scroll: usize,
    /// Always shown, at the bottom.
    pub foot: Vec<Runs>,
    /// Row and column of the cursor within `rows`.
    pub cursor: Option<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogRow {
    pub runs: Runs,
    pub selected: bool,
}

/// Columns that the border and its blanks take.
pub const FRAME: u16 = 4;

/// How much there is to draw on.
#[derive(Debug, Clone, Copy)]
pub struct Space {
    pub columns: u16,
    pub rows: u16,
}

impl Space {
    /// The width of a box that would like `width`: a little of the room stays in sight beside it, unless it is needed.
    fn wide(self, width: u16) -> u16 {
        const NEEDED: u16 = 62;
        width.min(self.columns.saturating_sub(6).max(NEEDED))
    }

    /// Columns inside a box that wants to be `width` wide.
    fn inside(self, width: u16) -> usize {
        usize::from(width.min(self.columns).saturating_sub(FRAME).max(1))
    }

    /// Rows inside the box beside `others`.
    fn rows_beside(self, others: usize) -> usize {
        usize::from(self.rows.saturating_sub(2)).saturating_sub(others).max(1)
    }
}

impl Dialog {
    fn new(title: impl Into<String>, width: u16) -> Self {
        Dialog {
            title: title.into(),
            tone: Role::BorderFocus,
            width,
            rows: Vec::new(),
            scroll: 0,
            foot: Vec::new(),
            cursor: None,
        }
    }

    fn push(&mut self, runs: Runs) {
        self.rows.push(DialogRow { runs, selected: false });
    }

    fn say(&mut self, role: Role, text: impl Into<String>) {
        self.push(vec![run(role, text)]);
    }

    fn blank(&mut self) {
        self.push(Runs::new());
    }

    /// The row at the bottom: keys and what they do.
    fn keys(&mut self, keys: &[(&str, &str)]) {
        let mut row = Runs::new();
        for (key, label) in keys {
            if !row.is_empty() {
                row.push(run(Role::TextMuted, "   "));
            }
            row.push(run(Role::Key, *key));
            row.push(run(Role::TextMuted, format!(" {label}")));
        }
        self.foot.push(row);
    }
}

/// The dialog on top.
pub fn dialog(modal: &Modal, model: &Model, chrome: &Chrome<'_>, cx: &Cx<'_>, space: Space) -> Dialog {
    match modal {
        Modal::Picker(picker) => choose::picker(picker, cx, space),
        Modal::Palette { input, selected } => choose::palette(input, *selected, chrome, cx, space),
        Modal::Prompt(prompt) => write::prompt(prompt, cx, space),
        Modal::Editor(editor) => write::editor(editor, cx, space),
        Modal::Paste { incident, text } => write::paste(*incident, text, cx, space),
        Modal::Compose(composing) => compose::compose(composing, model, cx, space),
        Modal::Confirm(confirm) => choose::confirm(confirm, cx, space),
        Modal::Help { scroll } => keys::help(*scroll, chrome, cx, space),
        Modal::Details { about, scroll } => details::details(about, *scroll, model, cx, space),
    }
}

/// Two buttons, of which the first does nothing.
fn buttons(cancel: &str, yes: &str, yes_chosen: bool, yes_role: Role) -> Runs {
    let button = |chosen: bool, label: &str, role: Role| -> Run {
        match chosen {
            true => run(Role::Select, format!("[ {label} ]")),
            false => run(role, format!("  {label}  ")),
        }
    };
    vec![button(!yes_chosen, cancel, Role::Text), run(Role::Text, "   "), button(yes_chosen, yes, yes_role)]
}
