//! The first row, and the row below it when something is wrong: whether what one sees is true, and how bad it is.

use super::{Cx, Run, Runs, joined, run, severity, text, time};
use crate::domain::ids::Seq;
use crate::domain::time::Timestamp;
use crate::link::Health;
use crate::link::LinkStatus;
use crate::tui::model::{LinkView, Model, PendingState};
use crate::tui::theme::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub hub: String,
    pub demo: bool,
    /// `LIVE 4ms`, and `READ-ONLY` when it is.
    pub link: Runs,
    /// `▲ SEV1 worst · 4 open · 1 unacknowledged`, for wide screens.
    pub counts: Runs,
    /// The same in fewer words.
    pub counts_short: Runs,
    pub clock: String,
}

pub fn header(model: &Model, cx: &Cx<'_>) -> Header {
    let listing = &model.board;
    let worst = match listing.worst() {
        Some(worst) => vec![severity(worst, cx)],
        None if !is_known(model) => vec![run(Role::Pending, "nothing known yet")],
        None => quiet(model, cx),
    };
    let open = match is_known(model) {
        true => vec![run(Role::Text, format!("{} open", listing.open()))],
        false => Runs::new(),
    };
    let unacknowledged = |word: &str| match listing.unacknowledged() {
        0 => Runs::new(),
        count => vec![run(Role::Danger, format!("{count} {word}"))],
    };
    let mut link = vec![link_word(&model.link, cx)];
    if matches!(model.link.health, Health::ReadOnly { .. }) {
        link.push(run(Role::Text, "  "));
        link.push(run(Role::Danger, "READ-ONLY"));
    }
    Header {
        hub: model.link.hub.to_string(),
        demo: model.link.demo,
        link,
        counts: joined([worst.clone(), open.clone(), unacknowledged("unacknowledged")], cx),
        counts_short: joined([worst, open, unacknowledged("unacked")], cx),
        clock: time::clock(cx.now.wall, cx.zone).trim_end().to_owned(),
    }
}

/// Nothing is live. It is quiet only when nothing is left to do either: no incident to close, no alert that waits.
fn quiet(model: &Model, cx: &Cx<'_>) -> Runs {
    let (open, resolved) = (model.board.open(), model.board.resolved());
    let alerts = &model.room.alerts;
    let waiting = alerts.waiting.len() + usize::try_from(alerts.waiting_unseen).unwrap_or(usize::MAX);
    let mut left = Vec::new();
    if resolved > 0 {
        left.push(format!("{resolved} resolved, not closed"));
    }
    match open.saturating_sub(resolved) {
        0 => {}
        1 => left.push("1 drill runs".to_owned()),
        drills => left.push(format!("{drills} drills run")),
    }
    match waiting {
        0 => {}
        1 => left.push("1 alert waits".to_owned()),
        alerts => left.push(format!("{alerts} alerts wait")),
    }
    let role = if waiting > 0 { Role::Warn } else { Role::Text };
    match left.is_empty() {
        true => vec![run(Role::Ok, format!("{} all quiet", cx.glyphs.done))],
        false => vec![run(role, left.join(", "))],
    }
}

/// The state of the link as a shape, a word and an age.
pub fn link_word(link: &LinkView, cx: &Cx<'_>) -> Run {
    let (shape, hollow) = (cx.glyphs.live, cx.glyphs.absent);
    match &link.status {
        LinkStatus::Connecting => run(Role::Pending, format!("{hollow} CONNECTING")),
        LinkStatus::Live { rtt: None } => run(Role::Ok, format!("{shape} LIVE")),
        LinkStatus::Live { rtt: Some(rtt) } => run(Role::Ok, format!("{shape} LIVE {}ms", rtt.as_millis())),
        LinkStatus::Late { since } => run(Role::Warn, format!("{hollow} LATE {}", age(cx, *since))),
        LinkStatus::Offline { since, .. } => {
            run(Role::Danger, format!("{hollow} OFFLINE {}", age(cx, *since)))
        }
        LinkStatus::Refused { .. } => run(Role::Danger, format!("{} REFUSED", cx.glyphs.failed)),
        LinkStatus::Alarm { .. } => run(Role::Alarm, format!("{} ALARM", cx.glyphs.failed)),
    }
}

/// Whether the figures on the screen are those of now.
pub fn is_current(link: &LinkView) -> bool {
    matches!(link.status, LinkStatus::Live { .. })
}

/// Whether the hub, or the cache of an earlier visit, has said what is in the room. Until then an empty list is no news.
pub fn is_known(model: &Model) -> bool {
    is_current(&model.link) || model.link.cached_as_of.is_some() || model.room.seq > Seq::START
}

/// What is wrong, in a sentence; the gravest when there is more than one. `retry` is the key that tries at once. What does
/// not fit into `width` is left out from the least needed on: the next try, the age, the end of the reason.
pub fn banner(model: &Model, cx: &Cx<'_>, retry: Option<&str>, width: usize) -> Option<Run> {
    let link = &model.link;
    let as_of = |since: Timestamp| {
        let as_of = link.cached_as_of.or(link.heard_at).unwrap_or(since);
        let day = match time::day(as_of, cx.zone) {
            day if day == time::day(cx.now.wall, cx.zone) => String::new(),
            day => format!("{day} "),
        };
        format!("{day}{}", time::clock(as_of, cx.zone).trim_end())
    };
    let dot = cx.glyphs.dot;
    match &link.status {
        LinkStatus::Alarm { known, hub } => {
            let went = match known.seq.cmp(&hub.seq) {
                std::cmp::Ordering::Greater => {
                    format!("went back, {} {} {}", known.seq, cx.glyphs.arrow, hub.seq)
                }
                std::cmp::Ordering::Equal | std::cmp::Ordering::Less => {
                    format!("has another entry {} than before", known.seq)
                }
            };
            let advice = "Tell who runs the hub; do not close";
            return Some(run(Role::Alarm, format!("ALARM: the journal {went}. {advice}.")));
        }
        LinkStatus::Refused { next_try, reason, .. } => {
            let broken =
                Broken { word: "REFUSED", as_of: None, why: reason, queued: String::new(), next: *next_try };
            return Some(run(Role::Danger, broken.says(cx, retry, width)));
        }
        LinkStatus::Offline { since, next_try, why } => {
            let (as_of, queued) = (Some(as_of(*since)), queued(model, dot));
            let broken = Broken { word: "OFFLINE", as_of, why, queued, next: *next_try };
            return Some(run(Role::Danger, broken.says(cx, retry, width)));
        }
        LinkStatus::Connecting if link.cached_as_of.is_some() => {
            let since = link.cached_as_of.unwrap_or(cx.now.wall);
            let text = format!("CONNECTING {dot} the room as of {}{}", as_of(since), queued(model, dot));
            return Some(run(Role::Warn, text));
        }
        LinkStatus::Connecting | LinkStatus::Live { .. } | LinkStatus::Late { .. } => {}
    }
    match &link.health {
        Health::ReadOnly { reason, since } => {
            let text = format!("READ-ONLY since {} {dot} {reason}", time::clock(*since, cx.zone).trim_end());
            Some(run(Role::Danger, text))
        }
        Health::Writable => {
            let why = link.not_kept.as_ref()?;
            Some(run(Role::Warn, format!("NOT KEPT {dot} {why}")))
        }
    }
}

/// A link that does not stand.
struct Broken<'a> {
    word: &'static str,
    as_of: Option<String>,
    why: &'a str,
    /// With its dot, or empty.
    queued: String,
    next: Timestamp,
}

impl Broken<'_> {
    fn says(&self, cx: &Cx<'_>, retry: Option<&str>, width: usize) -> String {
        let dot = cx.glyphs.dot;
        let begin = match &self.as_of {
            Some(as_of) => format!("{} {dot} as of {as_of}", self.word),
            None => self.word.to_owned(),
        };
        let next = format!(" {dot} next try in {}", time::age(self.next.since(cx.now.wall)));
        let (long, short) = match retry {
            Some(key) => (format!("{next}, {key} tries now"), format!(" {dot} {key} tries now")),
            None => (next.clone(), next),
        };
        let ways = [(begin.as_str(), &long), (begin.as_str(), &short), (self.word, &short)];
        let mut room = 0;
        for (begin, end) in ways {
            let fixed = text::width(begin) + text::width(&self.queued) + text::width(end);
            room = width.saturating_sub(fixed);
            let why = match self.why.trim_end_matches('.') {
                "" => String::new(),
                why => format!(" {dot} {why}"),
            };
            if text::width(&why) <= room {
                return format!("{begin}{why}{}{end}", self.queued);
            }
        }
        let why = format!(" {dot} {}", self.why);
        let why = text::cut(&why, room, cx.glyphs.ellipsis);
        format!("{}{why}{}{short}", self.word, self.queued)
    }
}

fn queued(model: &Model, dot: &str) -> String {
    let waits = |state: &PendingState| matches!(state, PendingState::Queued | PendingState::Sending);
    let count = model.pending.values().filter(|pending| waits(&pending.state)).count();
    match (count, &model.link.not_kept) {
        (0, None) => String::new(),
        (0, Some(_)) => format!(" {dot} what you do is not kept on disk"),
        (count, None) => format!(" {dot} {count} queued"),
        (count, Some(_)) => format!(" {dot} {count} queued, not kept on disk"),
    }
}

fn age(cx: &Cx<'_>, since: Timestamp) -> String {
    time::age(cx.now.wall.since(since))
}
