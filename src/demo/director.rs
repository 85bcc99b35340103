//! Plays the story: one beat after the other by the demo's clock, and between them the small things that never end.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::acts::{Acts, Scene, main_incident, tend_tasks};
use super::colleague::Colleague;
use super::monitoring::{Monitoring, REPEAT};
use super::script::{Act, Beat, schedule};
use super::shop::Clock;
use crate::domain::actor::Handle;
use crate::domain::ids::IncidentId;
use crate::domain::room::Room;
use crate::domain::time::Timestamp;
use crate::link::api::ApiError;

/// How often colleagues look up from what they do, in seconds of the story, and really at most so often.
const TEND: f64 = 6.0;
const TEND_AT_MOST: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub struct Director {
    clock: Clock,
    beats: VecDeque<Beat>,
    cast: Vec<Colleague>,
    handles: Vec<Handle>,
    /// Who of the cast looks at the incident.
    at_it: Vec<Handle>,
    monitoring: Monitoring,
    random: StdRng,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Director {
    pub fn new(
        clock: Clock,
        seed: u64,
        cast: Vec<Colleague>,
        monitoring: Monitoring,
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let handles = cast.iter().map(|colleague| colleague.handle().clone()).collect();
        Director {
            clock,
            beats: schedule(seed).into(),
            cast,
            handles,
            at_it: Vec::new(),
            monitoring,
            random: StdRng::seed_from_u64(seed.wrapping_add(1)),
            tasks,
            shutdown,
        }
    }

    /// Until `shutdown`: after the last beat the room stays calm, and what still fires goes on firing.
    pub async fn play(mut self) {
        let shutdown = self.shutdown.clone();
        let mut repeat = interval(REPEAT);
        let mut tend = interval(self.clock.real(TEND).max(TEND_AT_MOST));
        for ticks in [&mut repeat, &mut tend] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            let next = self.beats.front().map(|beat| self.clock.at(beat.at));
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = until(next) => {
                    if let Some(beat) = self.beats.pop_front() {
                        self.perform(beat.act).await;
                    }
                }
                _ = repeat.tick() => self.monitoring.repeat(now()).await,
                _ = tend.tick() => self.tend().await,
            }
        }
    }

    async fn perform(&mut self, act: Act) {
        let done = match act {
            Act::Alerts(signals) => {
                self.monitoring.speak(signals, now()).await;
                Ok(())
            }
            Act::Arrive(who) => self.arrive(who).await,
            Act::Person(who, what) => self.person(who, what).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a beat of the demo was left out");
        }
    }

    async fn arrive(&mut self, who: &str) -> Result<(), ApiError> {
        let Some(colleague) = self.cast.iter_mut().find(|colleague| colleague.handle().as_str() == who)
        else {
            return Ok(());
        };
        colleague.come(&self.tasks, &self.shutdown)?;
        self.at_it.push(colleague.handle().clone());
        let room = colleague.look().await?;
        colleague.watch(main_incident(&room).map(|incident| incident.id));
        Ok(())
    }

    async fn person(&mut self, who: &str, what: fn(&Scene<'_>) -> Acts) -> Result<(), ApiError> {
        let variant = self.random.random_range(0..usize::from(u16::MAX));
        let Some(colleague) = self.cast.iter().find(|colleague| colleague.handle().as_str() == who) else {
            return Ok(());
        };
        let room = colleague.look().await?;
        let acts = what(&self.scene(colleague, &room, variant));
        colleague.act(&room, acts).await;
        Ok(())
    }

    /// Colleagues follow the incident where it goes, and do what the person asks them to.
    async fn tend(&mut self) {
        let Some(eyes) = self.cast.iter().find(|colleague| colleague.is_here()) else { return };
        let room = match eyes.look().await {
            Ok(room) => room,
            Err(error) => {
                tracing::warn!(%error, "the demo's colleagues cannot see the room");
                return;
            }
        };
        let incident: Option<IncidentId> = main_incident(&room).map(|incident| incident.id);
        for colleague in self.cast.iter().filter(|colleague| self.at_it.contains(colleague.handle())) {
            colleague.watch(incident);
            let acts = tend_tasks(&self.scene(colleague, &room, 0));
            colleague.act(&room, acts).await;
        }
    }

    fn scene<'a>(&'a self, colleague: &'a Colleague, room: &'a Room, variant: usize) -> Scene<'a> {
        Scene {
            room,
            incident: main_incident(room),
            me: colleague.handle(),
            cast: &self.handles,
            now: now(),
            speed: self.clock.speed,
            variant,
        }
    }
}

/// Never, when there is nothing to wait for.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn now() -> Timestamp {
    Timestamp::from(chrono::Utc::now())
}
