//! What one source may have under way at once: a part of what the hub can, so that one that sends more than can be written
//! leaves room for all others. A sender that waits for its answers before it sends more does not come near it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::hub::error::{ApiError, Kind};
use crate::hub::limits::{INGEST_BODY, SOURCE_BYTES, SOURCE_REQUESTS};
use crate::hub::writer::SHARE;

/// What each request counts for, however small its body is.
const LEAST: usize = SOURCE_BYTES / SOURCE_REQUESTS;
/// What a request counts for that does not say how long its body is: as much as it may be.
const UNSAID: usize = INGEST_BODY;

/// The shares of all sources that have something under way, by the id of their token.
#[derive(Debug, Clone, Default)]
pub(in crate::hub) struct Shares(Arc<Mutex<HashMap<String, Share>>>);

#[derive(Debug)]
struct Share {
    bytes: usize,
    places: Arc<Semaphore>,
}

/// One request within its source's share; gives back what it took when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    shares: Shares,
    source: String,
    bytes: usize,
    /// The source's places in the writer's queue.
    pub places: Arc<Semaphore>,
}

impl Shares {
    /// Takes what a request with a body of so many bytes needs. A source that has nothing under way is never refused.
    pub(super) fn turn(&self, source: &str, body: Option<usize>) -> Result<Turn, ApiError> {
        let bytes = body.unwrap_or(UNSAID).max(LEAST);
        let mut shares = self.lock();
        let share = shares
            .entry(source.to_owned())
            .or_insert_with(|| Share { bytes: 0, places: Arc::new(Semaphore::new(SHARE)) });
        if share.bytes > 0 && share.bytes.saturating_add(bytes) > SOURCE_BYTES {
            let detail = "this token has too many deliveries under way; wait for their answers and send it again in a \
                          moment";
            return Err(ApiError::new(Kind::Overloaded, detail));
        }
        share.bytes += bytes;
        let places = Arc::clone(&share.places);
        Ok(Turn { shares: self.clone(), source: source.to_owned(), bytes, places })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Share>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut shares = self.shares.lock();
        let Some(share) = shares.get_mut(&self.source) else { return };
        share.bytes -= self.bytes;
        // What a sender that has gone left with the writer keeps its places until it is written.
        if share.bytes == 0 && share.places.available_permits() == SHARE {
            shares.remove(&self.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_its_share_at_once_and_no_more_and_others_have_theirs() {
        let shares = Shares::default();
        let mut turns: Vec<Turn> =
            (0..SOURCE_REQUESTS).map(|_| shares.turn("a", Some(500)).unwrap()).collect();
        let refused = shares.turn("a", Some(500)).unwrap_err();
        assert_eq!(refused.status(), 503);
        assert!(shares.turn("b", Some(500)).is_ok());
        turns.pop();
        turns.push(shares.turn("a", Some(500)).unwrap());
        assert!(shares.turn("a", Some(500)).is_err());
        drop(turns);
        assert!(shares.lock().is_empty(), "what nobody has is not kept");
    }

    #[test]
    fn bytes_count_and_one_delivery_is_taken_whatever_its_size() {
        let shares = Shares::default();
        let large = shares.turn("a", Some(2 * SOURCE_BYTES)).unwrap();
        assert!(shares.turn("a", Some(1)).is_err());
        drop(large);
        let turns: Vec<Turn> = (0..64).map(|_| shares.turn("a", Some(1024 * 1024)).unwrap()).collect();
        assert!(shares.turn("a", None).is_err());
        assert_eq!(turns.len(), 64);
    }

    #[tokio::test]
    async fn what_a_sender_that_has_gone_left_with_the_writer_still_counts() {
        let shares = Shares::default();
        let turn = shares.turn("a", None).unwrap();
        let written = Arc::clone(&turn.places).acquire_many_owned(SHARE as u32).await.unwrap();
        drop(turn);
        let next = shares.turn("a", None).unwrap();
        assert_eq!(next.places.available_permits(), 0);
        drop(written);
        drop(next);
        assert!(shares.lock().is_empty());
    }
}
