//! The story: who does what, when, and under which circumstances. What the person at the keyboard did first stands;
//! a colleague looks at the room before acting, as colleagues do.

use std::collections::BTreeSet;

use super::shop::{Moment, Trouble};
use crate::domain::actor::Handle;
use crate::domain::command::Command;
use crate::domain::comms::Update;
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::note::Evidence;
use crate::domain::role::Slug;
use crate::domain::room::Room;
use crate::domain::status::{Milestone, Status};
use crate::domain::task::TaskState;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

/// When the canary goes wrong and when it is gone, in seconds from the beginning.
pub const TROUBLE: Trouble = Trouble { begins: 35.0, full: 110.0, rolled_back: 395.0, over: 440.0 };

/// A colleague, by handle.
pub type Who = &'static str;

/// The colleagues.
pub const CAST: [Who; 4] = ["ana", "bo", "chen", "dita"];

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
    /// A colleague comes in, looking at the incident.
    Arrive(Who),
    /// A colleague does something, if it still makes sense.
    Person(Who, fn(&Scene<'_>) -> Option<Command>),
}

/// An alert that begins or ends.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    pub name: &'static str,
    pub service: &'static str,
    pub instance: &'static str,
    pub severity: &'static str,
    pub summary: &'static str,
    pub firing: bool,
}

/// What a colleague sees.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub room: &'a Room,
    /// The checkout incident, wherever merges took it.
    pub incident: Option<&'a Incident>,
    pub now: Timestamp,
    /// Real seconds a second of the story takes: times that are promised outside are in the story's time.
    pub speed: f64,
}

const fn fires(
    name: &'static str,
    service: &'static str,
    instance: &'static str,
    severity: &'static str,
    summary: &'static str,
) -> Signal {
    Signal { name, service, instance, severity, summary, firing: true }
}

const fn ends(name: &'static str, service: &'static str, instance: &'static str, severity: &'static str) -> Signal {
    Signal { name, service, instance, severity, summary: "", firing: false }
}

/// The story, in order.
pub const STORY: &[Beat] = &[
    Beat { at: 50.0, act: Act::Alerts(&[fires("HighLatency", "checkout", "canary-1", "warning", "checkout p99 is 1.9 s on the canary")]) },
    Beat {
        at: 62.0,
        act: Act::Alerts(&[
            fires("ErrorBudgetBurn", "checkout", "", "critical", "checkout burns its error budget 60x too fast"),
            fires("HighErrorRate", "checkout", "canary-1", "critical", "7 % of checkout requests fail"),
        ]),
    },
    Beat {
        at: 78.0,
        act: Act::Alerts(&[
            fires("HighErrorRate", "checkout", "canary-2", "critical", "9 % of checkout requests fail"),
            fires("HighErrorRate", "checkout", "canary-3", "critical", "11 % of checkout requests fail"),
        ]),
    },
    Beat { at: 84.0, act: Act::Arrive("ana") },
    Beat { at: 104.0, act: Act::Person("ana", acknowledge) },
    Beat { at: 112.0, act: Act::Person("ana", |scene| take_role(scene, "commander", "ana")) },
    Beat { at: 118.0, act: Act::Arrive("bo") },
    Beat { at: 126.0, act: Act::Person("ana", |scene| take_role(scene, "operations", "bo")) },
    Beat { at: 140.0, act: Act::Person("bo", |scene| note(scene, "Errors are 502 from the coupon call. Only canary pods log them, baseline is clean.")) },
    Beat { at: 155.0, act: Act::Person("ana", |scene| add_task(scene, "Compare canary and baseline error rates", "bo", true)) },
    Beat { at: 163.0, act: Act::Person("bo", |scene| accept_task(scene, "bo")) },
    Beat { at: 170.0, act: Act::Arrive("chen") },
    Beat { at: 178.0, act: Act::Person("chen", |scene| take_role(scene, "comms", "chen")) },
    Beat {
        at: 190.0,
        act: Act::Alerts(&[
            fires("HighErrorRate", "cart", "cart-7", "page", "cart answers 2 % of requests with errors"),
            fires("QueueGrowing", "mail", "", "warning", "order mails wait 4 min"),
        ]),
    },
    Beat { at: 206.0, act: Act::Person("chen", |scene| {
        send_update(scene, "Some customers see an error when they pay. Carts are kept; trying again often works.", "About one in ten payments.", "We are comparing the newest release with the one before.", Some(20.0))
    }) },
    Beat { at: 224.0, act: Act::Person("bo", |scene| evidence(
        scene,
        "Canary at 25 %: 12.1 % errors. Baseline: 0.04 %.",
        "kubectl top errors -l app=checkout --by track",
        "TRACK      PODS  REQ/S   5XX/S   RATIO\nstable       9   180.2    0.07   0.04%\ncanary       3    59.8    7.24  12.11%\n",
    )) },
    Beat { at: 236.0, act: Act::Person("bo", |scene| complete_task(scene, "bo")) },
    Beat { at: 250.0, act: Act::Arrive("dita") },
    Beat { at: 262.0, act: Act::Person("ana", merge_cart) },
    Beat { at: 280.0, act: Act::Person("ana", |scene| status(scene, Status::Identified, "the canary's coupon call times out; stable is fine")) },
    Beat { at: 296.0, act: Act::Person("ana", |scene| add_task(scene, "Roll the canary back to 0 %", "bo", true)) },
    Beat { at: 304.0, act: Act::Person("bo", |scene| accept_task(scene, "bo")) },
    Beat { at: 330.0, act: Act::Person("dita", |scene| take_role(scene, "scribe", "dita")) },
    Beat { at: 345.0, act: Act::Person("dita", |scene| note(scene, "Support counts 41 tickets since the release went to 25 %.")) },
    Beat { at: 392.0, act: Act::Person("bo", |scene| evidence(
        scene,
        "Rolling back.",
        "kubectl argo rollouts abort checkout",
        "rollout 'checkout' aborted\n",
    )) },
    Beat { at: 420.0, act: Act::Person("bo", |scene| complete_task(scene, "bo")) },
    Beat {
        at: 452.0,
        act: Act::Alerts(&[
            ends("HighErrorRate", "checkout", "canary-1", "critical"),
            ends("HighErrorRate", "checkout", "canary-2", "critical"),
            ends("HighErrorRate", "checkout", "canary-3", "critical"),
        ]),
    },
    Beat { at: 466.0, act: Act::Person("ana", |scene| status(scene, Status::Monitoring, "canary is at 0 %, errors are back to normal")) },
    Beat {
        at: 480.0,
        act: Act::Alerts(&[
            ends("HighErrorRate", "cart", "cart-7", "page"),
            ends("HighLatency", "checkout", "canary-1", "warning"),
        ]),
    },
    Beat { at: 500.0, act: Act::Person("chen", |scene| {
        send_update(scene, "Payments work again. We keep watching.", "None that we know of since then.", "The new release is withdrawn.", Some(15.0))
    }) },
    Beat { at: 560.0, act: Act::Person("dita", |scene| set_impact_start(scene)) },
    Beat { at: 600.0, act: Act::Alerts(&[ends("ErrorBudgetBurn", "checkout", "", "critical"), ends("QueueGrowing", "mail", "", "warning")]) },
    Beat { at: 640.0, act: Act::Person("dita", |scene| note(scene, "For the review: the canary's health check never calls the coupon service. What else does it not see?")) },
    Beat { at: 700.0, act: Act::Person("ana", |scene| status(scene, Status::Resolved, "")) },
    Beat { at: 720.0, act: Act::Person("chen", |scene| {
        send_update(scene, "The trouble with payments is over. We are sorry, and will write down what we learnt.", "", "", None)
    }) },
    Beat { at: 790.0, act: Act::Alerts(&[fires("DiskFilling", "search", "search-3", "warning", "search-3 is full in about 30 h")]) },
    Beat { at: 880.0, act: Act::Person("ana", |scene| status(scene, Status::Closed, "")) },
];

fn live<'a>(scene: &Scene<'a>) -> Option<&'a Incident> {
    scene.incident.filter(|incident| incident.status.is_open())
}

fn handle(who: &str) -> Option<Handle> {
    who.parse().ok()
}

fn acknowledge(scene: &Scene<'_>) -> Option<Command> {
    let incident = live(scene).filter(|incident| incident.acknowledgement.is_none())?;
    Some(Command::Acknowledge { incident: incident.id })
}

fn take_role(scene: &Scene<'_>, role: &str, who: Who) -> Option<Command> {
    let role: Slug = role.parse().ok()?;
    let incident = live(scene).filter(|incident| !incident.roles.contains_key(&role))?;
    Some(Command::AssignRole { incident: incident.id, role, responder: handle(who) })
}

fn note(scene: &Scene<'_>, text: &str) -> Option<Command> {
    Some(Command::AddNote { incident: live(scene)?.id, text: Text::clean(text), evidence: None })
}

fn evidence(scene: &Scene<'_>, text: &str, command: &str, output: &str) -> Option<Command> {
    let evidence = Evidence {
        command: Some(Line::clean(command)),
        host: Some(Line::clean("bastion-2")),
        exit_code: Some(0),
        output: Text::clean(output),
    };
    Some(Command::AddNote { incident: live(scene)?.id, text: Text::clean(text), evidence: Some(evidence) })
}

fn add_task(scene: &Scene<'_>, title: &str, owner: Who, required: bool) -> Option<Command> {
    let incident = live(scene)?;
    Some(Command::AddTask {
        incident: incident.id,
        title: Line::clean(title),
        owner: handle(owner),
        stage: required.then_some(incident.status),
        role: None,
        required,
        due: None,
    })
}

fn accept_task(scene: &Scene<'_>, who: Who) -> Option<Command> {
    let (incident, me) = (live(scene)?, handle(who));
    let task = incident.tasks.values().find(|task| task.owner == me && task.state == TaskState::Open)?;
    Some(Command::AcceptTask { incident: incident.id, task: task.id })
}

fn complete_task(scene: &Scene<'_>, who: Who) -> Option<Command> {
    let (incident, me) = (live(scene)?, handle(who));
    let task = incident.open_tasks().find(|task| task.owner == me)?;
    Some(Command::CompleteTask { incident: incident.id, task: task.id })
}

fn status(scene: &Scene<'_>, to: Status, reason: &str) -> Option<Command> {
    let incident = live(scene).filter(|incident| incident.status < to)?;
    // Whoever commands sees to it that what was required is done.
    if let Some(task) = incident.tasks.values().find(|task| task.required && task.is_open()) {
        return Some(Command::CompleteTask { incident: incident.id, task: task.id });
    }
    let reason = Some(reason).filter(|reason| !reason.is_empty()).map(Text::clean);
    Some(Command::ChangeStatus { incident: incident.id, status: to, reason })
}

fn merge_cart(scene: &Scene<'_>) -> Option<Command> {
    let into = live(scene)?;
    let cart = scene.room.open_incidents().find(|other| {
        other.id != into.id && other.services.iter().any(|service| &**service == "cart")
    })?;
    Some(Command::Merge { incident: cart.id, into: into.id })
}

fn send_update(
    scene: &Scene<'_>,
    what: &str,
    impact: &str,
    action: &str,
    next_in_minutes: Option<f64>,
) -> Option<Command> {
    let incident = live(scene)?;
    let next = next_in_minutes.map(|minutes| std::time::Duration::from_secs_f64(minutes * 60.0 / scene.speed));
    let update = Update {
        what: Text::clean(what),
        impact: Text::clean(impact),
        action: Text::clean(action),
        next_update_at: next.map(|wait| scene.now.plus(wait)),
    };
    let message = update.render(&incident.about(), "customers".parse().ok()?);
    Some(Command::SendUpdate { incident: incident.id, message })
}

fn set_impact_start(scene: &Scene<'_>) -> Option<Command> {
    let incident = live(scene)?;
    let began = incident.milestones.impact_started?.minus(std::time::Duration::from_secs(20));
    Some(Command::SetMilestone { incident: incident.id, milestone: Milestone::ImpactStarted, time: Some(began) })
}

/// The incident that the story is about: the oldest that touches checkout, or what it was merged into.
pub fn main_incident(room: &Room) -> Option<IncidentId> {
    let about = |incident: &&Incident| incident.services.iter().any(|service| &**service == "checkout");
    room.incidents.values().find(about).map(|incident| room.surviving(incident.id))
}

/// The audiences that the story writes to.
pub fn audiences() -> BTreeSet<&'static str> {
    BTreeSet::from(["customers"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_is_in_order_and_what_begins_also_ends_but_for_the_disk() {
        assert!(STORY.windows(2).all(|pair| pair[0].at < pair[1].at));
        let mut firing = BTreeSet::new();
        for beat in STORY {
            let Act::Alerts(signals) = beat.act else { continue };
            for signal in signals {
                let key = (signal.name, signal.service, signal.instance);
                assert_eq!(firing.contains(&key), !signal.firing, "{key:?}");
                if signal.firing { firing.insert(key) } else { firing.remove(&key) };
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
