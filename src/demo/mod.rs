//! A lifelike quarter of an hour at an online shop, for whoever wants to see and try the room before there is an
//! incident of their own. Nothing is played on the screen's side: a real hub takes real alerts, polls SLOs, sends signed
//! updates, and colleagues with tokens of their own act over the same API and feed as the person at the keyboard.
//!
//! ```text
//! script (when) ─▶ director ─┬─▶ monitoring ──POST /api/v2/alerts──▶ hub ◀──feed── the person's terminal
//! acts (what)                └─▶ colleague  ──API, feed────────────▶  │
//!                                shop (metrics) ◀──SLO queries────────┤
//!                                status_page    ◀──signed webhook─────┘
//! ```

mod acts;
mod colleague;
mod director;
mod monitoring;
mod past;
mod promql;
mod script;
mod shop;
mod stage;
mod status_page;
mod traffic;

use std::sync::Arc;

use secrecy::SecretString;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use status_page::{Published, Readers, StatusPage};

use self::colleague::Colleague;
use self::director::Director;
use self::monitoring::Monitoring;
use self::past::PastClock;
use self::script::{CAST, THERE_FROM_THE_START};
use self::shop::Clock;
use self::stage::Keys;
use crate::domain::actor::Handle;
use crate::hub::clock::SystemRandom;
use crate::hub::{self, HubError, Parts, Running};
use crate::journal::Memory;
use crate::link::HubUrl;
use crate::link::address::AddressError;
use crate::link::api::ApiError;

/// How much faster or slower than life a demo can go.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=1_000.0;

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the demo cannot go {0} times as fast as life; give a speed from 0.1 to 1000")]
    Speed(f64),
    #[error("the demo needs a free port on 127.0.0.1 and a folder for temporary files: {0}")]
    Machine(#[from] std::io::Error),
    #[error("the demo's settings are not those of this hub: {0}")]
    Settings(#[from] toml::de::Error),
    #[error("the demo's hub did not start: {0}")]
    Hub(#[from] HubError),
    #[error("the demo's own address is none: {0}")]
    Address(#[from] AddressError),
    #[error("no connection to the demo's hub can be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error("the demo's hub refused the demo's past: {0}")]
    Past(#[from] ApiError),
}

/// A demo that runs until its `shutdown` is cancelled.
#[derive(Debug)]
pub struct Demo {
    /// Where the person's terminal connects…
    pub hub: HubUrl,
    /// …with this token, which may do everything.
    pub token: SecretString,
    /// Who the person is.
    pub handle: Handle,
    /// Where updates to customers end up.
    pub status_page: StatusPage,
    running: Running,
    tasks: TaskTracker,
    /// Removed with the demo.
    folder: TempDir,
}

/// Starts a demo: a hub on a free port of this machine with a journal in memory, the shop around it, and the story.
/// Nothing of it is left after the end.
///
/// `speed` is how many times faster than life it goes, within [`SPEEDS`]; the same `seed` tells the story in the same
/// words and with the same pauses.
///
/// # Errors
///
/// A speed that is none, or a machine without a free port or room for temporary files.
pub async fn start(speed: f64, seed: u64, shutdown: CancellationToken) -> Result<Demo, DemoError> {
    if !SPEEDS.contains(&speed) {
        return Err(DemoError::Speed(speed));
    }
    // What was started before an error ends with it.
    let guard = shutdown.clone().drop_guard();
    stage::name_tls_provider();
    let handle = stage::person(std::env::var("USER").ok().as_deref());
    let keys = Keys::make(&handle, &SystemRandom);
    let (metrics, metrics_address) = shop::free_port().await?;
    let (page, page_address) = shop::free_port().await?;
    let (door, hub_address) = shop::free_port().await?;
    let (folder, settings) = stage::settings(metrics_address, page_address, &keys.webhook, speed)?;
    let past = Arc::new(PastClock::default());
    let parts = Parts {
        journal: Box::new(Memory::new(stage::journal_seed(&SystemRandom))),
        clock: past.clone(),
        random: Arc::new(SystemRandom),
        tokens: keys.source(),
        demo: true,
    };
    let running = hub::start(settings, parts, door, shutdown.clone()).await?;
    let hub: HubUrl = format!("http://{hub_address}").parse()?;

    let tasks = TaskTracker::new();
    let status_page = StatusPage::new(page_address, keys.webhook.clone());
    tasks.spawn(status_page.clone().serve(page, shutdown.clone()));
    let mut cast = keys.cast(&hub)?;
    if let [_, bo, _, dita] = cast.as_slice() {
        past::tell(&past, bo, dita).await?;
    }
    // Queries have been waiting at the door until here, so that no answer was taken for one of an hour ago.
    let clock = Clock::starting_now(speed);
    tasks.spawn(shop::serve(metrics, clock, shutdown.clone()));
    for colleague in cast.iter_mut().take(THERE_FROM_THE_START) {
        colleague.come(&tasks, &shutdown)?;
    }
    let monitoring = Monitoring::new(&hub, keys.monitoring.clone())?;
    let director = Director::new(clock, seed, cast, monitoring, tasks.clone(), shutdown.clone());
    tasks.spawn(director.play());
    drop(guard.disarm());
    Ok(Demo { hub, token: keys.person, handle, status_page, running, tasks, folder })
}

impl Demo {
    /// Waits for the end, which `shutdown` brings about, and removes what lay on disk.
    pub async fn ended(self) {
        self.running.ended().await;
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = self.folder.close() {
            tracing::warn!(%error, "the demo's temporary folder could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_left_on_disk_after_the_end() {
        let shutdown = CancellationToken::new();
        let demo = start(1.0, 1, shutdown.clone()).await.unwrap();
        let folder = demo.folder.path().to_owned();
        assert!(folder.exists());
        shutdown.cancel();
        demo.ended().await;
        assert!(!folder.exists());
    }
}
