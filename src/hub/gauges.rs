//! The latest values of every SLO, for whoever asks and whoever listens. Only the newest are kept.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::feed::encode;
use crate::domain::gauge::SloGauge;
use crate::wire::frame::Frame;

#[derive(Debug, Clone)]
pub(super) struct Latest {
    pub slos: Arc<[SloGauge]>,
    /// All of them, encoded once for all sessions.
    pub frame: Utf8Bytes,
}

/// Cheap to clone; all clones are the same gauges.
#[derive(Debug, Clone)]
pub struct Gauges(watch::Sender<Latest>);

impl Default for Gauges {
    fn default() -> Self {
        Gauges(watch::Sender::new(latest(Vec::new())))
    }
}

impl Gauges {
    /// Takes the place of all values before. Those who listen hear of it only if something changed.
    pub fn publish(&self, slos: Vec<SloGauge>) {
        self.0.send_if_modified(|current| {
            let changed = *current.slos != *slos;
            if changed {
                *current = latest(slos);
            }
            changed
        });
    }

    pub fn all(&self) -> Arc<[SloGauge]> {
        Arc::clone(&self.0.borrow().slos)
    }

    pub(super) fn watch(&self) -> watch::Receiver<Latest> {
        self.0.subscribe()
    }
}

fn latest(slos: Vec<SloGauge>) -> Latest {
    let frame = encode(&Frame::Gauges { slos: slos.clone() });
    Latest { slos: slos.into(), frame }
}
