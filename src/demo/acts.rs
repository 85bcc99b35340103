//! What colleagues do, each after a look at the room: what the person at the keyboard did first stands, and what makes
//! no sense any more is left.

use std::time::Duration;

use super::script::Who;
use crate::domain::actor::Handle;
use crate::domain::command::Command;
use crate::domain::comms::{CommsState, Update};
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Aspect, Incident};
use crate::domain::note::Evidence;
use crate::domain::role::Slug;
use crate::domain::room::Room;
use crate::domain::status::{Milestone, Status};
use crate::domain::task::{Task, TaskState};
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

/// What a colleague sees.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub room: &'a Room,
    /// The incident about checkout that is open, wherever merges took it.
    pub incident: Option<&'a Incident>,
    /// Who looks.
    pub me: &'a Handle,
    /// Everybody who is played by the demo.
    pub cast: &'a [Handle],
    pub now: Timestamp,
    /// How many times faster than life the story goes.
    pub speed: f64,
    /// Chooses among words that mean the same.
    pub variant: usize,
}

impl<'a> Scene<'a> {
    /// The time that so many seconds of the story really take.
    fn real(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::ZERO)
    }

    fn choose<'t>(&self, words: &[&'t str]) -> &'t str {
        words.get(self.variant.checked_rem(words.len()).unwrap_or(0)).copied().unwrap_or_default()
    }

    fn is_played(&self, handle: Option<&Handle>) -> bool {
        handle.is_some_and(|handle| self.cast.contains(handle))
    }

    fn holder(&self, role: &str) -> Option<&'a Handle> {
        self.incident?.roles.iter().find(|(name, _)| name.as_str() == role).map(|(_, holder)| holder)
    }
}

/// What a colleague does about it: nothing, or one thing after the other.
pub type Acts = Vec<Command>;

/// Whoever is second joins.
pub fn acknowledge(scene: &Scene<'_>) -> Acts {
    let Some(incident) = scene.incident.filter(|incident| incident.status.is_live()) else {
        return Vec::new();
    };
    match &incident.acknowledgement {
        None => vec![Command::Acknowledge { incident: incident.id }],
        Some(_) => join(scene),
    }
}

pub fn join(scene: &Scene<'_>) -> Acts {
    let join = |incident: &Incident| Command::Join { incident: incident.id, responder: None };
    scene.incident.map(join).into_iter().collect()
}

/// Takes the command, or serves under whoever has it.
pub fn take_command(scene: &Scene<'_>) -> Acts {
    match scene.holder("commander") {
        Some(holder) if holder != scene.me => {
            let text = format!(
                "@{holder} has command. I look after the tasks and the status; overrule me any time."
            );
            note(scene, &[&text])
        }
        Some(_) | None => take_role(scene, "commander", scene.me.as_str()),
    }
}

pub fn take_role(scene: &Scene<'_>, role: &str, who: &str) -> Acts {
    let wanted = || {
        let incident = scene.incident?;
        let (role, responder): (Slug, Handle) = (role.parse().ok()?, who.parse().ok()?);
        let vacant = !incident.roles.contains_key(&role);
        vacant.then_some(Command::AssignRole { incident: incident.id, role, responder: Some(responder) })
    };
    wanted().into_iter().collect()
}

/// Says in plain words what is wrong, unless somebody named it already.
pub fn rename(scene: &Scene<'_>, title: &str) -> Acts {
    let unnamed = scene.incident.filter(|incident| !incident.touched.contains_key(&Aspect::Title));
    let rename =
        |incident: &Incident| Command::ChangeTitle { incident: incident.id, title: Line::clean(title) };
    unnamed.map(rename).into_iter().collect()
}

/// Writes the summary, if there is none.
pub fn summarise(scene: &Scene<'_>, summary: &str) -> Acts {
    let without = scene.incident.filter(|incident| incident.summary.is_empty());
    let write =
        |incident: &Incident| Command::ChangeSummary { incident: incident.id, summary: Text::clean(summary) };
    without.map(write).into_iter().collect()
}

/// One of some ways to say the same.
pub fn note(scene: &Scene<'_>, words: &[&str]) -> Acts {
    let text = Text::clean(scene.choose(words));
    let note = |incident: &Incident| Command::AddNote { incident: incident.id, text, evidence: None };
    scene.incident.map(note).into_iter().collect()
}

pub fn evidence(scene: &Scene<'_>, text: &str, command: &str, output: &str) -> Acts {
    let Some(incident) = scene.incident else { return Vec::new() };
    let evidence = Evidence {
        command: Some(Line::clean(command)),
        host: Some(Line::clean("bastion-2")),
        exit_code: Some(0),
        output: Text::clean(output),
    };
    vec![Command::AddNote { incident: incident.id, text: Text::clean(text), evidence: Some(evidence) }]
}

/// A task that keeps the incident in its phase; not twice.
pub fn add_task(scene: &Scene<'_>, title: &str, owner: Who) -> Acts {
    let Some(incident) = scene.incident.filter(|incident| incident.status.is_live()) else {
        return Vec::new();
    };
    let title = Line::clean(title);
    if incident.tasks.values().any(|task| task.title == title) {
        return Vec::new();
    }
    vec![Command::AddTask {
        incident: incident.id,
        title,
        owner: owner.parse().ok(),
        stage: Some(incident.status),
        role: None,
        required: true,
        due: None,
    }]
}

fn mine<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (IncidentId, &'a Task)> {
    let (incident, me) = (scene.incident, scene.me.clone());
    let tasks =
        incident.into_iter().flat_map(|incident| incident.open_tasks().map(|task| (incident.id, task)));
    tasks.filter(move |(_, task)| task.owner.as_ref() == Some(&me))
}

pub fn accept_task(scene: &Scene<'_>, title: &str) -> Acts {
    let asked = mine(scene).find(|(_, task)| task.title.as_str() == title && task.state == TaskState::Open);
    asked.map(|(incident, task)| Command::AcceptTask { incident, task: task.id }).into_iter().collect()
}

pub fn complete_task(scene: &Scene<'_>, title: &str) -> Acts {
    let done = mine(scene).find(|(_, task)| task.title.as_str() == title);
    done.map(|(incident, task)| Command::CompleteTask { incident, task: task.id }).into_iter().collect()
}

/// What the person at the keyboard gives a colleague to do is accepted soon, and done a while later.
pub fn tend_tasks(scene: &Scene<'_>) -> Acts {
    const SOON: f64 = 8.0;
    const WHILE: f64 = 75.0;
    let tend = |(incident, task): (IncidentId, &Task)| {
        let by_colleague = scene.is_played(task.added_by.handle());
        match task.state {
            _ if by_colleague => None,
            TaskState::Open if scene.now.since(task.added_at) >= scene.real(SOON) => {
                Some(Command::AcceptTask { incident, task: task.id })
            }
            TaskState::Accepted { at } if scene.now.since(at) >= scene.real(WHILE) => {
                Some(Command::CompleteTask { incident, task: task.id })
            }
            TaskState::Open | TaskState::Accepted { .. } | TaskState::Done { .. } => None,
        }
    };
    mine(scene).filter_map(tend).collect()
}

/// Moves on, never back. Tasks of colleagues that hold the phase are finished first; those of the person are waited for.
pub fn status(scene: &Scene<'_>, to: Status, reason: &str) -> Acts {
    let Some(incident) = scene.incident.filter(|incident| incident.status < to) else { return Vec::new() };
    if to == Status::Closed && incident.status != Status::Resolved {
        return Vec::new();
    }
    let held = |task: &&Task| {
        task.required
            && task.is_open()
            && task.stage.is_some_and(|stage| incident.status <= stage && stage < to)
    };
    let (ours, theirs): (Vec<&Task>, Vec<&Task>) =
        incident.tasks.values().filter(held).partition(|task| scene.is_played(task.owner.as_ref()));
    if let Some(task) = theirs.first() {
        let text = format!(
            "I would set this to {to}, but “{}” is required and open. Tell me when it is done.",
            task.title
        );
        return note(scene, &[&text]);
    }
    let incident = incident.id;
    let finish = ours.into_iter().map(|task| Command::CompleteTask { incident, task: task.id });
    let reason = Some(reason).filter(|reason| !reason.is_empty()).map(Text::clean);
    finish.chain([Command::ChangeStatus { incident, status: to, reason }]).collect()
}

pub fn merge_cart(scene: &Scene<'_>) -> Acts {
    let Some(into) = scene.incident.map(|incident| incident.id) else { return Vec::new() };
    let cart = scene.room.open_incidents().find(|other| {
        other.id != into && !other.drill && other.services.iter().any(|service| service.as_str() == "cart")
    });
    cart.map(|cart| Command::Merge { incident: cart.id, into }).into_iter().collect()
}

/// An update to customers.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub what: &'static str,
    pub impact: &'static str,
    pub action: &'static str,
    /// When the next one follows, in minutes of the story.
    pub next_in: Option<f64>,
}

/// Sends it, unless somebody just did; while the person has the role, it is only drafted for them.
pub fn send_update(scene: &Scene<'_>, words: Words) -> Acts {
    const JUST: f64 = 120.0;
    let Some(incident) = scene.incident else { return Vec::new() };
    let published = incident.comms.values().filter_map(|comms| match comms.state {
        CommsState::Published { at, .. } => Some(at),
        CommsState::Draft | CommsState::Discarded => None,
    });
    if published.max().is_some_and(|at| scene.now.since(at) < scene.real(JUST)) {
        return note(scene, &["The update is out already. I watch what customers answer."]);
    }
    let Ok(audience) = "customers".parse() else { return Vec::new() };
    let update = Update {
        what: Text::clean(words.what),
        impact: Text::clean(words.impact),
        action: Text::clean(words.action),
        next_update_at: words.next_in.map(|minutes| scene.now.plus(scene.real(minutes * 60.0))),
    };
    let message = update.render(&incident.about(), audience);
    let incident = incident.id;
    match scene.holder("comms") {
        Some(holder) if holder != scene.me && !scene.cast.contains(holder) => {
            vec![Command::DraftUpdate { incident, message }]
        }
        Some(_) | None => vec![Command::SendUpdate { incident, message }],
    }
}

/// Corrects when it began, once, by so many seconds of the story.
pub fn correct_impact_start(scene: &Scene<'_>, earlier: f64) -> Acts {
    let correct = || {
        let incident = scene.incident?;
        if incident.touched.contains_key(&Aspect::Milestones) {
            return None;
        }
        let began = incident.milestones.impact_started?.minus(scene.real(earlier));
        let milestone = Milestone::ImpactStarted;
        Some(Command::SetMilestone { incident: incident.id, milestone, time: Some(began) })
    };
    correct().into_iter().collect()
}

/// The incident that the story is about: one that touches checkout, or what it was merged into, while it is open.
pub fn main_incident(room: &Room) -> Option<&Incident> {
    let about = |incident: &&Incident| {
        !incident.drill && incident.services.iter().any(|service| service.as_str() == "checkout")
    };
    let surviving = |incident: &Incident| room.incident(room.surviving(incident.id));
    room.incidents.values().filter(about).filter_map(surviving).find(|incident| incident.status.is_open())
}
