//! Every rule of the room, one file a subject. A command comes in with what the decider may know (the room, the policy,
//! the time) and goes out as events, or as a refusal in a sentence.

use super::command::{Refusal, Submission};
use super::event::Event;
use super::ids::{CommsId, IncidentId, TaskId};
use super::policy::Policy;
use super::room::Room;
use super::time::Timestamp;

/// What is to be written, in this order; nothing when the room is already as asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    pub events: Vec<Proposal>,
    /// What the command made or was about, for the answer.
    pub incident: Option<IncidentId>,
    pub task: Option<TaskId>,
    pub comms: Option<CommsId>,
}

/// An entry that has no place in the journal yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub incident: Option<IncidentId>,
    pub event: Event,
}

/// Decides on one submission. Whoever submits has been authenticated; what their token allows is checked by the caller
/// against [`Command::access`](super::command::Command::access).
///
/// # Errors
///
/// A [`Refusal`] whose message says what stands against it and what to do.
pub fn decide(
    _room: &Room,
    _policy: &Policy,
    _now: Timestamp,
    _submission: &Submission,
) -> Result<Decision, Refusal> {
    Ok(Decision::default())
}
