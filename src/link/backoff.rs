//! How long to wait before the next try, so that a hub that comes back is not knocked over by everybody at once.
//!
//! Full jitter: a random part of an exponentially growing span (M. Brooker, "Exponential Backoff And Jitter", AWS
//! Architecture Blog, 2015).

use std::time::Duration;

/// The span of the first wait.
pub const FIRST: Duration = Duration::from_millis(500);
/// No wait is longer, unless the hub itself asks for it.
pub const LONGEST: Duration = Duration::from_secs(30);
/// A connection that lived this long makes up for all failures before it.
pub const HEALTHY: Duration = Duration::from_secs(60);

/// The failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts a failure, and says how long to wait: `fraction` (0 to 1) of 0.5 s, 1 s, 2 s … 30 s.
    pub fn failed(&mut self, fraction: f64) -> Duration {
        let doubled = FIRST.saturating_mul(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        doubled.min(LONGEST).mul_f64(fraction.clamp(0.0, 1.0))
    }

    /// Tells of a connection that lived for `duration` before it failed.
    pub fn lived(&mut self, duration: Duration) {
        if duration >= HEALTHY {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_waits_more_than_30_s() {
        let mut backoff = Backoff::default();
        for _ in 0..10_000 {
            assert!(backoff.failed(1.0) <= LONGEST);
        }
        assert_eq!(backoff.failed(1.0), LONGEST);
        assert_eq!(Backoff { failures: u32::MAX }.failed(7.0), LONGEST);
    }

    #[test]
    fn the_span_doubles_from_half_a_second() {
        let mut backoff = Backoff::default();
        let spans: Vec<f64> = (0..8).map(|_| backoff.failed(1.0).as_secs_f64()).collect();
        assert_eq!(spans, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
    }

    #[test]
    fn a_hundred_clients_spread_out_over_the_whole_span() {
        let waits = (0..100).map(|client| {
            let mut backoff = Backoff { failures: 4 };
            backoff.failed(f64::from(client) / 100.0)
        });
        let mut seconds: Vec<u64> = waits.map(|wait| wait.as_secs()).collect();
        seconds.dedup();
        assert_eq!(seconds, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn only_a_minute_of_health_makes_it_begin_again() {
        let mut backoff = Backoff { failures: 6 };
        backoff.lived(Duration::from_secs(59));
        assert_eq!(backoff.failed(1.0), LONGEST);
        backoff.lived(HEALTHY);
        assert_eq!(backoff.failed(1.0), FIRST);
    }
}
