//! Joins the outbox to the hub: its account of what went out is entries like any other.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::Context;
use crate::connect;
use crate::connect::outbox::{Ledger, Outbox, Unrecorded};
use crate::domain::actor::Actor;
use crate::domain::command::{Command, Submission};
use crate::hub::error::HubError;
use crate::hub::writer::{SubmitError, Submitter};

/// The outbox of this hub, ready to run.
///
/// # Errors
///
/// When a destination cannot work as it is set up.
pub(super) fn outbox(context: &Context) -> Result<Outbox, HubError> {
    let carriers = connect::carriers(&context.settings.destinations)
        .map_err(|error| HubError::Settings(error.to_string()))?;
    let (clock, random) = (Arc::clone(&context.clock), Arc::clone(&context.random));
    Ok(Outbox {
        room: context.room.share(),
        head: context.feed.head(),
        carriers,
        ledger: Arc::new(Entries(context.submitter.clone())),
        clock: Arc::new(move || clock.now()),
        random: Arc::new(move || {
            let mut bytes = [0; 4];
            random.fill(&mut bytes);
            f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
        }),
    })
}

/// The journal as the outbox's ledger.
#[derive(Debug)]
struct Entries(Submitter);

impl Ledger for Entries {
    fn record(&self, command: Command) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>> {
        Box::pin(async move {
            // Without an id: the state of the delivery itself tells a repetition.
            let submission = Submission { id: None, actor: Actor::Hub, seen: None, command };
            match self.0.submit(submission).await {
                Ok(_) => Ok(()),
                Err(SubmitError::Refused(refusal)) => Err(Unrecorded::Refused(refusal.message)),
                Err(
                    error @ (SubmitError::ReadOnly(_)
                    | SubmitError::Unknown(_)
                    | SubmitError::Busy
                    | SubmitError::Stopping),
                ) => Err(Unrecorded::NotNow(error.to_string())),
            }
        })
    }
}
