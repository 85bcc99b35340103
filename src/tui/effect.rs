//! What `update` wants done. The loop does it; the model never does anything itself.

use crate::domain::command::Command;
use crate::domain::ids::{CommandId, IncidentId, Revision, Seq};

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Hand a command to the outbox under an id that the model already shows as pending.
    Send {
        id: CommandId,
        command: Box<Command>,
        seen: Option<Revision>,
    },
    /// A fresh yes to a command that could not be sent in time.
    Confirm {
        id: CommandId,
    },
    /// Take a command that was not sent out of the outbox.
    Forget {
        id: CommandId,
    },
    /// Tell the others what this terminal looks at.
    Presence {
        incident: Option<IncidentId>,
    },
    /// Older entries of an incident's timeline.
    FetchTimeline {
        incident: IncidentId,
        before: Option<Seq>,
    },
    /// After an alarm: give up what only this terminal knows, and take the hub's room as it is.
    AcceptJournal,
    /// Try the link now instead of after the backoff.
    RetryNow,
    /// Paint everything anew.
    Repaint,
    Suspend,
    Quit,
}

pub type Effects = Vec<Effect>;
