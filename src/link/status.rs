//! What a screen says about the link: whether what it shows is now, and if not, since when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::ClockOffset;
use crate::domain::ids::{Cursor, Head};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// Silence for this long is late. The hub speaks every 5 s.
pub const LATE: Duration = Duration::from_secs(7);
/// Silence for this long is a lost link.
pub const OFFLINE: Duration = Duration::from_secs(15);

/// The state of the link. Times are by this machine's clock; a state that goes on keeps its `since`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum LinkStatus {
    /// Nothing has been heard yet, or what was missed is still on its way.
    Connecting,
    /// The room is what the hub has.
    Live {
        /// Absent until the first answer to a ping.
        rtt: Option<Duration>,
    },
    /// The hub says nothing although it should; `since` it was last heard.
    Late { since: Timestamp },
    /// There is no connection; `since` the hub was last heard, or the link was started.
    Offline { since: Timestamp, next_try: Timestamp, why: Line },
    /// The hub does not want us; a person has to do something. Tried again now and then.
    Refused { since: Timestamp, next_try: Timestamp, reason: Line },
    /// The hub's journal lacks, or contradicts, what it told us before. We keep our copy, and send nothing.
    Alarm { known: Cursor, hub: Head },
}

impl LinkStatus {
    /// Whether what is on the screen may be taken for the present.
    pub fn is_live(&self) -> bool {
        match self {
            LinkStatus::Live { .. } => true,
            LinkStatus::Connecting
            | LinkStatus::Late { .. }
            | LinkStatus::Offline { .. }
            | LinkStatus::Refused { .. }
            | LinkStatus::Alarm { .. } => false,
        }
    }

    /// For how long what is on the screen has been old.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        match self {
            LinkStatus::Late { since }
            | LinkStatus::Offline { since, .. }
            | LinkStatus::Refused { since, .. } => Some(now.since(*since)),
            LinkStatus::Connecting | LinkStatus::Live { .. } | LinkStatus::Alarm { .. } => None,
        }
    }

    /// The short form for a header: `LIVE 42ms`, `LATE 9s`, `OFFLINE 00:42 as of 14:03:17Z`.
    pub fn short(&self, now: Timestamp, offset: ClockOffset) -> String {
        match self {
            LinkStatus::Connecting => "CONNECTING".to_owned(),
            LinkStatus::Live { rtt: None } => "LIVE".to_owned(),
            LinkStatus::Live { rtt: Some(rtt) } => format!("LIVE {}ms", rtt.as_millis()),
            LinkStatus::Late { since } => format!("LATE {}s", now.since(*since).as_secs()),
            LinkStatus::Offline { since, .. } => {
                let as_of = offset.to_hub(*since).to_utc().format("%H:%M:%SZ");
                format!("OFFLINE {} as of {as_of}", clock_face(now.since(*since)))
            }
            LinkStatus::Refused { .. } => "REFUSED".to_owned(),
            LinkStatus::Alarm { .. } => "ALARM the hub's journal went back".to_owned(),
        }
    }

    /// The rest of it, where there is room for a sentence.
    pub fn detail(&self, now: Timestamp) -> Option<String> {
        let next = |at: &Timestamp| match at.since(now).as_millis().div_ceil(1000) {
            0 => "trying now".to_owned(),
            seconds => format!("next try in {seconds} s"),
        };
        match self {
            LinkStatus::Connecting | LinkStatus::Live { .. } => None,
            LinkStatus::Late { .. } => Some("the hub has said nothing for longer than it should".to_owned()),
            LinkStatus::Offline { next_try, why, .. } => Some(format!("{why}; {}", next(next_try))),
            LinkStatus::Refused { next_try, reason, .. } => Some(format!("{reason}; {}", next(next_try))),
            LinkStatus::Alarm { known, hub } => Some(format!(
                "this terminal knows the journal up to entry {}, the hub has {}; its disk was damaged or an old backup \
                 restored. Tell whoever runs the hub, and keep this terminal open: it holds what is missing",
                known.seq,
                if hub.seq == known.seq {
                    "another one there".to_owned()
                } else {
                    format!("only {}", hub.seq)
                },
            )),
        }
    }
}

/// `00:42`, `12:07`, `1:02:03`.
fn clock_face(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(raw: &str) -> Timestamp {
        raw.parse().unwrap()
    }

    #[test]
    fn the_header_says_the_state_and_its_age() {
        let since = at("2026-11-23T14:03:17Z");
        let cases = [
            (LinkStatus::Connecting, since, "CONNECTING"),
            (LinkStatus::Live { rtt: None }, since, "LIVE"),
            (LinkStatus::Live { rtt: Some(Duration::from_micros(42_400)) }, since, "LIVE 42ms"),
            (LinkStatus::Late { since }, at("2026-11-23T14:03:26.9Z"), "LATE 9s"),
            (
                LinkStatus::Offline { since, next_try: since, why: "no route".into() },
                at("2026-11-23T14:03:59Z"),
                "OFFLINE 00:42 as of 14:03:17Z",
            ),
            (
                LinkStatus::Offline { since, next_try: since, why: "no route".into() },
                at("2026-11-23T15:05:20Z"),
                "OFFLINE 1:02:03 as of 14:03:17Z",
            ),
            (LinkStatus::Refused { since, next_try: since, reason: "no".into() }, since, "REFUSED"),
        ];
        for (status, now, words) in cases {
            assert_eq!(status.short(now, ClockOffset(0)), words);
        }
    }

    #[test]
    fn as_of_is_told_by_the_hubs_clock_and_the_age_by_our_own() {
        let since = at("2026-11-23T14:03:17Z");
        let offline = LinkStatus::Offline { since, next_try: since, why: Line::default() };
        assert_eq!(
            offline.short(at("2026-11-23T14:03:20Z"), ClockOffset(-60_000)),
            "OFFLINE 00:03 as of 14:02:17Z"
        );
    }

    #[test]
    fn the_sentence_says_when_the_next_try_is() {
        let now = at("2026-11-23T14:00:00Z");
        let offline = |next_try| LinkStatus::Offline { since: now, next_try, why: "the hub is gone".into() };
        let soon = offline(now.plus(Duration::from_millis(4200)));
        assert_eq!(soon.detail(now).unwrap(), "the hub is gone; next try in 5 s");
        assert_eq!(offline(now).detail(now).unwrap(), "the hub is gone; trying now");
    }

    #[test]
    fn a_clock_that_was_set_back_gives_an_age_of_zero() {
        let late = LinkStatus::Late { since: at("2026-11-23T14:00:00Z") };
        assert_eq!(late.short(at("2026-11-23T13:00:00Z"), ClockOffset(0)), "LATE 0s");
    }
}
