//! How far this machine's clock is from the hub's. The room's times are the hub's, and ages are only right when "now"
//! is the hub's too.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::domain::time::Timestamp;

/// From here on somebody should look after this machine's clock.
pub const WORTH_A_WARNING: Duration = Duration::from_secs(2);
/// Samples that are kept: a minute of heartbeats.
const WINDOW: usize = 12;
/// When the wall clock and the steady clock disagree by more than this between two samples, the wall clock was set.
const STEP: i64 = 500;

/// What to add to this machine's clock to have the hub's. Milliseconds; positive when this machine is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClockOffset(pub i64);

impl ClockOffset {
    /// The hub's time for a time of this machine.
    pub fn to_hub(self, local: Timestamp) -> Timestamp {
        Timestamp::from_millis(local.as_millis().saturating_add(self.0))
    }

    /// A sentence, when the offset is so large that people would misread times of this machine.
    pub fn warning(self) -> Option<String> {
        let apart = Duration::from_millis(self.0.unsigned_abs());
        (apart > WORTH_A_WARNING).then(|| {
            let side = if self.0 > 0 { "behind" } else { "ahead of" };
            let apart = match apart.as_secs() {
                0..=119 => format!("{:.1} s", apart.as_secs_f64()),
                seconds @ 120..=7_199 => format!("{} min", seconds / 60),
                seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
                seconds => format!("{} days", seconds / 86_400),
            };
            format!(
                "this machine's clock is {apart} {side} the hub's; times here are shown by the hub's clock"
            )
        })
    }
}

/// Estimates the offset from what the hub says the time is. Each sample is too low by the time it was on its way, so the
/// highest of the last minute is the best one; half of the shortest round trip makes up for the rest.
#[derive(Debug, Clone, Default)]
pub struct OffsetFilter {
    samples: VecDeque<i64>,
    last: Option<(Timestamp, Instant)>,
    shortest_trip: Option<Duration>,
}

impl OffsetFilter {
    /// The hub said that it was `hub` in a message that was read at `local` and `instant`.
    pub fn sample(&mut self, hub: Timestamp, local: Timestamp, instant: Instant) {
        if let Some((last_local, last_instant)) = self.last {
            let by_wall = local.as_millis().saturating_sub(last_local.as_millis());
            let steady = instant.saturating_duration_since(last_instant).as_millis();
            let steady = i64::try_from(steady).unwrap_or(i64::MAX);
            if by_wall.saturating_sub(steady).saturating_abs() > STEP {
                self.samples.clear();
            }
        }
        self.last = Some((local, instant));
        if self.samples.len() >= WINDOW {
            self.samples.pop_front();
        }
        self.samples.push_back(hub.as_millis().saturating_sub(local.as_millis()));
    }

    pub fn round_trip(&mut self, trip: Duration) {
        self.shortest_trip = Some(self.shortest_trip.map_or(trip, |shortest| shortest.min(trip)));
    }

    /// Zero until the hub has said something.
    pub fn offset(&self) -> ClockOffset {
        let Some(highest) = self.samples.iter().max() else { return ClockOffset::default() };
        let half = self.shortest_trip.map_or(0, |trip| i64::try_from(trip.as_millis() / 2).unwrap_or(0));
        ClockOffset(highest.saturating_add(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_790_000_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(NOON + millis)
    }

    #[test]
    fn a_message_that_was_held_up_does_not_move_the_clock() {
        let (mut filter, start) = (OffsetFilter::default(), Instant::now());
        filter.round_trip(Duration::from_millis(40));
        // The hub is 5 s ahead; messages take 20 ms, one of them 1.4 s.
        for (second, delay) in [(0, 20), (5, 1400), (10, 20)] {
            let read: i64 = second * 1000 + delay;
            let instant = start + Duration::from_millis(read.unsigned_abs());
            filter.sample(at(second * 1000 + 5000), at(read), instant);
        }
        assert_eq!(filter.offset(), ClockOffset(5000));
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once() {
        let (mut filter, start) = (OffsetFilter::default(), Instant::now());
        filter.sample(at(60_000), at(0), start);
        filter.sample(at(65_000), at(65_000), start + Duration::from_secs(5));
        assert_eq!(filter.offset(), ClockOffset(0));
    }

    #[test]
    fn more_than_two_seconds_are_worth_a_sentence() {
        assert_eq!(ClockOffset(2000).warning(), None);
        assert_eq!(ClockOffset(-2000).warning(), None);
        assert!(ClockOffset(2100).warning().unwrap().contains("2.1 s behind"));
        assert!(ClockOffset(-90_000).warning().unwrap().contains("90.0 s ahead of"));
        assert!(ClockOffset(-8 * 3_600_000).warning().unwrap().contains("8 h ahead of"));
        assert!(ClockOffset(1_500 * 86_400_000).warning().unwrap().contains("1500 days behind"));
        assert_eq!(ClockOffset(250).to_hub(at(0)), at(250));
    }
}
