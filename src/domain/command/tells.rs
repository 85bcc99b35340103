//! What a command gives people to read, in the room or outside: in one place, so that whoever adds a command is asked.

use super::super::comms::{Message, Verdict};
use super::super::ids::CommsId;
use super::super::text::Text;
use super::Command;

/// What somebody will read because of a command, once it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells<'a> {
    /// A new note in the room.
    Note(&'a Text),
    /// Exactly this, outside.
    Update(&'a Message),
    /// A draft that the room has, outside.
    Draft(CommsId),
    /// Once more what went out already, outside.
    Again,
    /// Nothing but that it was done.
    Nothing,
}

impl Command {
    pub fn tells(&self) -> Tells<'_> {
        match self {
            Command::AddNote { text, .. } => Tells::Note(text),
            Command::SendUpdate { message, .. } => Tells::Update(message),
            Command::PublishUpdate { comms, .. } => Tells::Draft(*comms),
            Command::SettleDelivery { verdict, .. } => match verdict {
                Verdict::SendAgain => Tells::Again,
                Verdict::Arrived | Verdict::Abandon => Tells::Nothing,
            },
            Command::ReportAlerts { .. }
            | Command::AttachAlerts { .. }
            | Command::RecordChanges { .. }
            | Command::MarkChange { .. }
            | Command::Declare { .. }
            | Command::Acknowledge { .. }
            | Command::Unacknowledge { .. }
            | Command::ChangeStatus { .. }
            | Command::ChangeSeverity { .. }
            | Command::ChangeTitle { .. }
            | Command::ChangeSummary { .. }
            | Command::SetMilestone { .. }
            | Command::Reopen { .. }
            | Command::Cancel { .. }
            | Command::Merge { .. }
            | Command::AddLink { .. }
            | Command::AssignRole { .. }
            | Command::Join { .. }
            | Command::Release { .. }
            | Command::AddTask { .. }
            | Command::AssignTask { .. }
            | Command::AcceptTask { .. }
            | Command::CompleteTask { .. }
            | Command::ReopenTask { .. }
            | Command::PinNote { .. }
            | Command::UnpinNote { .. }
            | Command::CorrectNote { .. }
            | Command::DraftUpdate { .. }
            | Command::DiscardUpdate { .. }
            | Command::ReportBudget { .. }
            | Command::JudgeRollout { .. }
            | Command::ReportDelivery { .. } => Tells::Nothing,
        }
    }

    /// Whether it reaches people outside the room. Such a command is never sent late without a fresh yes.
    pub fn is_outward(&self) -> bool {
        match self.tells() {
            Tells::Update(_) | Tells::Draft(_) | Tells::Again => true,
            Tells::Note(_) | Tells::Nothing => false,
        }
    }
}
