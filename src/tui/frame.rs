//! When to draw. Frames are asked for, never ticked: many requests become one frame, a key is answered at once, and data
//! no more often than eyes and the line can follow.

use std::time::Duration;

/// The least time between two frames that only data asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(Duration);

impl Pace {
    /// 10 frames a second at most, 4 over ssh, 2 on a line that is said to be bad.
    pub const fn of(remote: bool, low_bandwidth: bool) -> Self {
        Pace(Duration::from_millis(match (low_bandwidth, remote) {
            (true, _) => 500,
            (false, true) => 250,
            (false, false) => 100,
        }))
    }
}

/// Which frame comes next. Times are since the start.
#[derive(Debug, Clone)]
pub struct Frames {
    pace: Pace,
    last: Option<Duration>,
    next: Option<Duration>,
}

impl Frames {
    pub const fn new(pace: Pace) -> Self {
        Frames { pace, last: None, next: None }
    }

    /// Somebody pressed a key.
    pub fn ask_now(&mut self) {
        self.next = Some(Duration::ZERO);
    }

    /// Something changed by itself.
    pub fn ask_soon(&mut self, now: Duration) {
        let at = self.last.map_or(now, |last| now.max(last + self.pace.0));
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    pub fn is_due(&self, now: Duration) -> bool {
        self.next.is_some_and(|next| next <= now)
    }

    /// The time of the next frame, if one was asked for.
    pub fn next(&self) -> Option<Duration> {
        self.next
    }

    pub fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_thousand_changes_in_a_second_are_ten_frames() {
        let mut frames = Frames::new(Pace::of(false, false));
        let mut drawn = 0;
        for now in (0..1000).map(MS) {
            frames.ask_soon(now);
            if frames.is_due(now) {
                frames.drawn(now);
                drawn += 1;
            }
        }
        assert_eq!(drawn, 10);
    }

    #[test]
    fn a_key_does_not_wait_for_the_pace_of_data() {
        let mut frames = Frames::new(Pace::of(true, true));
        frames.ask_soon(MS(0));
        frames.drawn(MS(0));
        frames.ask_soon(MS(10));
        assert!(!frames.is_due(MS(20)));
        frames.ask_now();
        assert!(frames.is_due(MS(20)));
    }

    #[test]
    fn nothing_is_drawn_that_nobody_asked_for() {
        let mut frames = Frames::new(Pace::of(false, false));
        assert!(!frames.is_due(MS(5000)) && frames.next().is_none());
        frames.ask_now();
        frames.drawn(MS(5000));
        assert!(frames.next().is_none());
    }
}
