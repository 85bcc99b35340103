//! The story: who does what, and when. What is done about it then is in [`acts`](super::acts).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::acts::{
    Acts, Scene, Words, accept_task, acknowledge, add_task, complete_task, correct_impact_start, evidence,
    merge_cart, note, rename, send_update, status, summarise, take_command, take_role,
};
use super::traffic::Moment;
use crate::domain::status::Status;

/// A colleague, by handle.
pub type Who = &'static str;

/// The colleagues. The first two are in the room when the demo begins.
pub const CAST: [Who; 4] = ["ana", "bo", "chen", "dita"];
pub const THERE_FROM_THE_START: usize = 2;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    pub at: Moment,
    pub act: Act,
}

#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Monitoring speaks.
    Alerts(&'static [Signal]),
    /// A colleague comes, if they were not there, and looks at the incident.
    Arrive(Who),
    /// A colleague does something, if it still makes sense.
    Person(Who, fn(&Scene<'_>) -> Acts),
}

/// An alert that begins or ends.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    pub name: &'static str,
    pub service: &'static str,
    pub instance: &'static str,
    pub severity: &'static str,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// With what it says.
    Fires(&'static str),
    Ends,
}

const fn signal(
    name: &'static str,
    service: &'static str,
    instance: &'static str,
    severity: &'static str,
    state: State,
) -> Signal {
    Signal { name, service, instance, severity, state }
}

const fn beat(at: Moment, act: Act) -> Beat {
    Beat { at, act }
}

const COMPARE: &str = "Compare errors of canary and stable";
const ROLL_BACK: &str = "Roll the canary back to 0 %";

use Act::{Alerts, Arrive, Person};
use State::{Ends, Fires};

/// The story, in order.
#[rustfmt::skip]
pub const STORY: &[Beat] = &[
    beat(40.0, Alerts(&[signal("HighLatency", "checkout", "canary-1", "warning", Fires("checkout p99 is 1.9 s on canary-1"))])),
    beat(55.0, Alerts(&[signal("HighErrorRate", "checkout", "canary-1", "critical", Fires("checkout answers every second request on canary-1 with 502"))])),
    beat(64.0, Alerts(&[
        signal("HighErrorRate", "checkout", "canary-2", "critical", Fires("checkout answers every second request on canary-2 with 502")),
        signal("HighErrorRate", "checkout", "canary-3", "critical", Fires("checkout answers every second request on canary-3 with 502")),
    ])),
    beat(78.0, Alerts(&[signal("ErrorBudgetBurn", "checkout", "", "critical", Fires("checkout burns its error budget more than 14.4x too fast"))])),
    beat(84.0, Arrive("ana")),
    beat(100.0, Person("ana", acknowledge)),
    beat(112.0, Person("ana", take_command)),
    beat(118.0, Arrive("bo")),
    beat(126.0, Person("ana", |scene| take_role(scene, "operations", "bo"))),
    beat(140.0, Person("bo", |scene| note(scene, &[
        "The errors are 502 from the coupon call. Only canary pods log them, stable is clean.",
        "All 502s come out of the coupon call, and only on the canary's pods. Stable looks clean.",
        "canary-1 to -3 time out on the coupon call and answer 502. Nothing of that on stable.",
    ]))),
    beat(148.0, Person("ana", |scene| rename(scene, "Payments fail for one in eight customers"))),
    beat(155.0, Person("ana", |scene| add_task(scene, COMPARE, "bo"))),
    beat(163.0, Person("bo", |scene| accept_task(scene, COMPARE))),
    beat(170.0, Arrive("chen")),
    beat(178.0, Person("chen", |scene| take_role(scene, "comms", "chen"))),
    beat(190.0, Alerts(&[
        signal("HighErrorRate", "cart", "cart-7", "page", Fires("cart answers 2 % of requests with errors")),
        signal("QueueGrowing", "mail", "", "warning", Fires("order mails wait 4 min")),
    ])),
    beat(206.0, Person("chen", |scene| send_update(scene, Words {
        what: "Some customers see an error when they pay. Carts are kept; trying again often works.",
        impact: "About one in eight payments fails.",
        action: "We are comparing the newest release with the one before.",
        next_in: Some(6.0),
    }))),
    beat(224.0, Person("bo", |scene| evidence(
        scene,
        "The canary has 25 % of the traffic and fails every second request. Stable is fine.",
        "kubectl top errors -l app=checkout --by track",
        "TRACK    PODS  REQ/S  5XX/S   RATIO\nstable      9  180.2   0.02   0.01%\ncanary      3   59.8  28.91  48.34%\n",
    ))),
    beat(236.0, Person("bo", |scene| complete_task(scene, COMPARE))),
    beat(250.0, Arrive("dita")),
    beat(262.0, Person("ana", merge_cart)),
    beat(280.0, Person("ana", |scene| status(scene, Status::Identified, "the canary's coupon call times out; stable is fine"))),
    beat(296.0, Person("ana", |scene| add_task(scene, ROLL_BACK, "bo"))),
    beat(304.0, Person("bo", |scene| accept_task(scene, ROLL_BACK))),
    beat(330.0, Person("dita", |scene| take_role(scene, "scribe", "dita"))),
    beat(345.0, Person("dita", |scene| note(scene, &[
        "Support counts 41 tickets since the release went to 25 %.",
        "41 tickets at support so far, the first one a minute after the canary went to 25 %.",
    ]))),
    beat(365.0, Person("dita", |scene| summarise(scene,
        "The checkout's newest release runs as a canary with 25 % of the traffic. Its coupon call times out, and every \
         second payment there ends in a 502; the cart notices. Stable is fine. The canary is being rolled back.",
    ))),
    beat(392.0, Person("bo", |scene| evidence(
        scene,
        "Rolling back.",
        "kubectl argo rollouts abort checkout",
        "rollout 'checkout' aborted\n",
    ))),
    beat(420.0, Person("bo", |scene| complete_task(scene, ROLL_BACK))),
    beat(452.0, Alerts(&[
        signal("HighErrorRate", "checkout", "canary-1", "critical", Ends),
        signal("HighErrorRate", "checkout", "canary-2", "critical", Ends),
        signal("HighErrorRate", "checkout", "canary-3", "critical", Ends),
    ])),
    beat(466.0, Person("ana", |scene| status(scene, Status::Monitoring, "the canary is at 0 %, errors are back to normal"))),
    beat(480.0, Alerts(&[
        signal("HighErrorRate", "cart", "cart-7", "page", Ends),
        signal("HighLatency", "checkout", "canary-1", "warning", Ends),
    ])),
    beat(500.0, Person("chen", |scene| send_update(scene, Words {
        what: "Payments work again. We keep watching.",
        impact: "None that we know of since then.",
        action: "The new release is withdrawn.",
        next_in: Some(6.0),
    }))),
    beat(560.0, Person("dita", |scene| correct_impact_start(scene, 37.0))),
    beat(600.0, Alerts(&[signal("QueueGrowing", "mail", "", "warning", Ends)])),
    beat(640.0, Person("dita", |scene| note(scene, &[
        "For the review: the canary's health check never calls the coupon service. What else does it not see?",
        "For the review: the canary was promoted to 25 % by a health check that never calls the coupon service.",
    ]))),
    beat(695.0, Alerts(&[signal("ErrorBudgetBurn", "checkout", "", "critical", Ends)])),
    beat(715.0, Person("ana", |scene| status(scene, Status::Resolved, ""))),
    beat(735.0, Person("chen", |scene| send_update(scene, Words {
        what: "The trouble with payments is over. We are sorry, and will write down what we learnt.",
        impact: "",
        action: "",
        next_in: None,
    }))),
    beat(790.0, Alerts(&[signal("DiskFilling", "search", "search-3", "warning", Fires("search-3 is full in about 30 h"))])),
    beat(880.0, Person("ana", |scene| status(scene, Status::Closed, ""))),
];

/// The story with the moments at which it happens this time: people are up to 15 % of the way to their neighbours in
/// the story earlier or later than written, which keeps the order. Machines are punctual.
pub fn schedule(seed: u64) -> Vec<Beat> {
    const JITTER: f64 = 0.15;
    let mut random = StdRng::seed_from_u64(seed);
    let after_the_last = STORY.last().map_or(0.0, |last| last.at + 30.0);
    let before = std::iter::once(0.0).chain(STORY.iter().map(|beat| beat.at));
    let after = STORY.iter().skip(1).map(|beat| beat.at).chain([after_the_last]);
    let jittered = before.zip(STORY).zip(after).map(|((before, beat), after)| match beat.act {
        Act::Alerts(_) => *beat,
        Act::Arrive(_) | Act::Person(..) => {
            let swing: f64 = random.random_range(-JITTER..JITTER);
            let room = if swing < 0.0 { beat.at - before } else { after - beat.at };
            Beat { at: beat.at + swing * room, act: beat.act }
        }
    });
    jittered.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_story_is_in_order_for_every_seed_and_not_the_same_for_all() {
        for seed in 0..200 {
            assert!(schedule(seed).windows(2).all(|pair| pair[0].at < pair[1].at), "{seed}");
        }
        let at = |seed| schedule(seed).iter().map(|beat| beat.at).collect::<Vec<_>>();
        assert_ne!(at(1), at(2));
        assert_eq!(at(1), at(1));
    }

    #[test]
    fn what_begins_also_ends_but_for_the_disk() {
        let mut firing = BTreeSet::new();
        for beat in STORY {
            let Act::Alerts(signals) = beat.act else { continue };
            for signal in signals {
                let key = (signal.name, signal.service, signal.instance);
                assert_eq!(firing.contains(&key), signal.state == State::Ends, "{key:?}");
                if signal.state == State::Ends {
                    firing.remove(&key)
                } else {
                    firing.insert(key)
                };
            }
        }
        assert_eq!(firing.into_iter().map(|(name, ..)| name).collect::<Vec<_>>(), ["DiskFilling"]);
    }

    #[test]
    fn nobody_acts_before_arriving() {
        let mut here = BTreeSet::new();
        for beat in STORY {
            match beat.act {
                Act::Arrive(who) => assert!(CAST.contains(&who) && here.insert(who)),
                Act::Person(who, _) => assert!(here.contains(who), "{who} at {}", beat.at),
                Act::Alerts(_) => {}
            }
        }
    }
}
