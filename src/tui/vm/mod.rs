//! What each part of the screen says, as plain data. Pure: the model, the clock and a size go in, words with a meaning
//! come out. A frame builds only the rows that are seen, so that its cost does not grow with the room.

pub mod alerts;
pub mod chrome;
pub mod command;
pub mod detail;
pub mod footer;
pub mod header;
pub mod incidents;
pub mod modal;
pub mod responders;
pub mod slo_order;
pub mod slos;
pub mod tasks;
pub mod text;
pub mod time;
pub mod timeline;
pub mod window;

use crate::domain::severity::Severity;
use crate::tui::model::Zone;
use crate::tui::msg::Now;
use crate::tui::theme::{Glyphs, Role};

/// What every view needs beside the model.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    pub now: Now,
    pub zone: Zone,
    pub glyphs: &'a Glyphs,
}

/// Some words of one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub text: String,
    pub role: Role,
}

/// A row of words.
pub type Runs = Vec<Run>;

pub fn run(role: Role, text: impl Into<String>) -> Run {
    Run { text: text.into(), role }
}

/// How many columns a row of words takes.
pub fn runs_width(runs: &[Run]) -> usize {
    runs.iter().map(|run| text::width(&run.text)).sum()
}

/// A part of the screen with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    pub text: String,
    /// Beside the title: how many, of what.
    pub note: Runs,
    pub focused: bool,
}

impl Title {
    pub fn new(text: impl Into<String>, focused: bool) -> Self {
        Title { text: text.into(), note: Runs::new(), focused }
    }

    pub fn with(mut self, role: Role, note: impl Into<String>) -> Self {
        self.note.push(run(role, note));
        self
    }
}

pub fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Sev0 => Role::Sev0,
        Severity::Sev1 => Role::Sev1,
        Severity::Sev2 => Role::Sev2,
        Severity::Sev3 => Role::Sev3,
    }
}

/// Shape, word and colour: any one of them is enough.
pub fn severity(severity: Severity, cx: &Cx<'_>) -> Run {
    let shape = cx.glyphs.severity.get(usize::from(severity.number())).copied().unwrap_or("!");
    run(severity_role(severity), format!("{shape} {severity}"))
}

/// Joins rows of words with a quiet dot.
pub fn joined(parts: impl IntoIterator<Item = Runs>, cx: &Cx<'_>) -> Runs {
    let mut all = Runs::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !all.is_empty() {
            all.push(run(Role::TextMuted, format!(" {} ", cx.glyphs.dot)));
        }
        all.extend(part);
    }
    all
}
