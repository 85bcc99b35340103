//! Dialogs. They own the keys and the frame while they are open, at any size; each is an explicit state machine.
//!
//! A dialog keeps the ids that it is about from the moment it was opened: the room may move under it, the target does
//! not.

mod build;
mod compose;
mod drafts;
mod keys;
mod prompt;

use std::time::Duration;

use ratatui_textarea::TextArea;
use tui_input::Input;

use crate::domain::command::Command;
use crate::domain::comms::Message;
use crate::domain::ids::{CommandId, IncidentId, Revision, Seq};
use crate::domain::role::Slug;
use crate::domain::status::Milestone;
use crate::domain::text::Line;
use crate::tui::model::Chosen;

pub use compose::follow;
pub use drafts::Drafts;
pub use keys::{handle, paste, run};

/// Open dialogs, the last on top.
#[derive(Debug, Default)]
pub struct Modals(pub Vec<Modal>);

impl Modals {
    pub fn open(&mut self, modal: Modal) {
        self.0.push(modal);
    }

    pub fn close(&mut self) {
        self.0.pop();
    }

    pub fn top(&self) -> Option<&Modal> {
        self.0.last()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn composing(&mut self) -> Option<&mut Compose> {
        self.0.iter_mut().find_map(|modal| match modal {
            Modal::Compose(compose) => Some(&mut **compose),
            Modal::Picker(_)
            | Modal::Prompt(_)
            | Modal::Editor(_)
            | Modal::Confirm(_)
            | Modal::Help { .. }
            | Modal::Palette { .. }
            | Modal::Details { .. }
            | Modal::Paste { .. } => None,
        })
    }
}

#[derive(Debug)]
pub enum Modal {
    /// One of a list: status, severity, role, person, incident, task.
    Picker(Picker),
    /// One line: a title, a handle, a reason, the filter.
    Prompt(Prompt),
    /// Many lines: a note, the summary.
    Editor(Box<Editor>),
    /// An update to people outside.
    Compose(Box<Compose>),
    /// A yes or no about something that cannot be taken back. Starts on no.
    Confirm(Confirm),
    /// All keys, of here and of everywhere.
    Help { scroll: u16 },
    /// Every action by name; `selected` counts within those that match.
    Palette { input: Input, selected: usize },
    /// One timeline entry, incident, alert or SLO in full.
    Details { about: DetailsAbout, scroll: u16 },
    /// Text was pasted where no text field is open: as a note?
    Paste { incident: Option<IncidentId>, text: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailsAbout {
    Entry(Seq),
    Incident(IncidentId),
    Alert(crate::domain::alert::Fingerprint),
    Slo(Line),
}

/// What a picker chooses, with the ids that it is about.
#[derive(Debug, Clone)]
pub struct Picker {
    pub title: Line,
    pub choices: Vec<Choice>,
    /// Stands below them whatever is typed: asks for what is not among them.
    pub otherwise: Option<(Line, Prompt)>,
    /// Narrows the choices as one types.
    pub input: Input,
    /// Into the choices that match.
    pub selected: usize,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub label: Line,
    /// What it means, or who holds it now.
    pub detail: Line,
    pub then: Then,
}

/// What follows once something was chosen or typed.
#[derive(Debug, Clone)]
pub enum Then {
    Send {
        command: Box<Command>,
        seen: Option<Revision>,
    },
    Open(Box<Next>),
    /// A command that waits for a fresh yes gets a no.
    Forget {
        id: CommandId,
    },
}

/// The dialog that a choice leads to.
#[derive(Debug, Clone)]
pub enum Next {
    Picker(Picker),
    Prompt(Prompt),
    Confirm(Confirm),
}

#[derive(Debug, Clone)]
pub struct Prompt {
    pub title: Line,
    /// What is asked for, under the field.
    pub hint: Line,
    pub input: Input,
    pub purpose: PromptPurpose,
    /// Why what was typed will not do.
    pub error: Option<Line>,
}

/// What the line that was typed is for.
#[derive(Debug, Clone, PartialEq)]
pub enum PromptPurpose {
    /// Narrows the list as one types; leaving it brings back what was there.
    Filter {
        before: Line,
        incident: Option<IncidentId>,
        chosen: Chosen,
    },
    Declare,
    Title {
        incident: IncidentId,
        seen: Revision,
    },
    Milestone {
        incident: IncidentId,
        milestone: Milestone,
        seen: Revision,
    },
    TaskTitle {
        incident: IncidentId,
    },
    TaskOwner {
        incident: IncidentId,
        task: crate::domain::ids::TaskId,
        seen: Revision,
    },
    RoleHolder {
        incident: IncidentId,
        role: Slug,
        seen: Revision,
    },
    /// The reason for a status change, reopening or cancelling: completes this command.
    Reason {
        command: Box<Command>,
        seen: Option<Revision>,
    },
}

#[derive(Debug)]
pub struct Editor {
    pub title: Line,
    pub area: TextArea<'static>,
    pub purpose: EditorPurpose,
    pub error: Option<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EditorPurpose {
    Note { incident: IncidentId },
    CorrectNote { incident: IncidentId, note: Seq },
    Summary { incident: IncidentId, seen: Revision },
}

/// Writing an update: what goes out is exactly what the preview shows.
#[derive(Debug)]
pub struct Compose {
    pub incident: IncidentId,
    pub seen: Revision,
    pub audience: Slug,
    /// What, impact, what we do.
    pub areas: [TextArea<'static>; 3],
    /// Minutes until the next update; empty for the last one.
    pub next_in: Input,
    pub field: ComposeField,
    pub stage: ComposeStage,
}

/// What lets the update of a drill go out, typed in full, here as on the command line: it reaches real people, and the
/// hands that move to a yes are those that have just been told that nothing is real.
pub const DRILL_PHRASE: &str = "send drill";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComposeField {
    Audience,
    What,
    Impact,
    Action,
    NextIn,
}

#[derive(Debug, Clone)]
pub enum ComposeStage {
    Editing {
        error: Option<Line>,
    },
    /// The exact text, audience and count. Only a deliberate key sends.
    Preview {
        message: Message,
        consent: Consent,
        scroll: u16,
    },
    Sending {
        id: CommandId,
    },
    Failed {
        reason: Line,
    },
}

/// What lets an update go out, as far as it has been given. Made with the preview: what was typed for another text says
/// nothing of this one.
#[derive(Debug, Clone)]
pub enum Consent {
    /// A yes that has to be moved to.
    Choice(Answer),
    /// What was typed of [`DRILL_PHRASE`]; for a drill, a choice is too little.
    Phrase(Input),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    pub title: Line,
    /// What will be irreversible, with id and name.
    pub text: Line,
    pub yes: Line,
    pub choice: Answer,
    pub then: OnYes,
    /// Keys before this are ignored: they were meant for what was there before.
    pub armed_at: Duration,
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq)]
pub enum OnYes {
    Send {
        command: Box<Command>,
        seen: Option<Revision>,
    },
    /// It goes out after all, under its old id.
    SendLate {
        id: CommandId,
    },
    AcceptJournal,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Answer {
    #[default]
    Cancel,
    Yes,
}
