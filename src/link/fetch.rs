//! What a terminal asks for beside the feed: older parts of a timeline, one after the other.

use tokio::sync::mpsc;

use super::api::{Client, Span};
use super::event::{Emitter, LinkEvent};
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::text::Line;

/// How many questions may wait.
pub(super) const WAITING: usize = 32;
/// How many entries are asked for at a time; the hub gives at most this many.
const PAGE: u32 = 200;

#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub incident: IncidentId,
    pub before: Option<Seq>,
}

/// Until nobody asks or listens any more.
pub(super) async fn run(client: Client, mut questions: mpsc::Receiver<Question>, emit: Emitter) {
    loop {
        let question = tokio::select! {
            () = emit.shutdown.cancelled() => return,
            question = questions.recv() => question,
        };
        let Some(Question { incident, before }) = question else { return };
        let span = Span { after: None, before, limit: Some(PAGE) };
        let asked = tokio::select! {
            () = emit.shutdown.cancelled() => return,
            asked = client.timeline(incident, span) => asked,
        };
        let page = asked.map_err(|error| Line::clean(&error.to_string()));
        if emit.send(LinkEvent::Timeline { incident, before, page }).await.is_err() {
            return;
        }
    }
}
