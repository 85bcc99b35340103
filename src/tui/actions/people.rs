//! Who is who.

use std::collections::BTreeSet;

use super::{Action, Grade, Group, on_open_incident};
use crate::domain::actor::Handle;
use crate::domain::command::Command;
use crate::domain::incident::Incident;
use crate::domain::role::RoleDefinition;
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Next, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ASSIGN_ROLE: Action = Action {
    name: "assign-role",
    label: "roles, hand over",
    group: Group::People,
    grade: Grade::Reversible,
    words: "assign commander lead",
    available: on_open_incident,
    run: assign_role,
};

pub const JOIN: Action = Action {
    name: "join",
    label: "join",
    group: Group::People,
    grade: Grade::Reversible,
    words: "help respond",
    available: |model| {
        on_open_incident(model)?;
        let here = model.me().zip(model.selected()).is_some_and(|(me, it)| it.responders.contains_key(me));
        if here { Err("you are a responder of it already") } else { Ok(()) }
    },
    run: join,
};

fn join(model: &mut Model, now: Now, effects: &mut Effects) {
    if let Some(incident) = model.ui.incident {
        model.send(now, Command::Join { incident, responder: None }, effects);
    }
}

fn assign_role(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let people = candidates(model, incident);
    let choices = model.policy.roles.iter().map(|role| {
        let holder = incident.roles.get(&role.name);
        let detail = holder.map_or_else(|| "nobody".to_owned(), |holder| format!("@{holder}"));
        Choice {
            label: role.label.clone(),
            detail: Line::clean(&detail),
            then: Then::Open(Box::new(Next::Picker(holders(incident, role, &people)))),
        }
    });
    let picker = Picker::new(&format!("Which role in {}?", incident.id), choices.collect());
    model.ui.modals.open(Modal::Picker(picker));
}

fn holders(incident: &Incident, role: &RoleDefinition, people: &[(Handle, &'static str)]) -> Picker {
    let assign = |responder: Option<Handle>| Then::Send {
        command: Box::new(Command::AssignRole { incident: incident.id, role: role.name.clone(), responder }),
        seen: Some(incident.revision),
    };
    let holder = incident.roles.get(&role.name);
    let others = people.iter().filter(|(handle, _)| Some(handle) != holder);
    let mut choices: Vec<Choice> = others
        .map(|(handle, why)| Choice {
            label: Line::clean(&format!("@{handle}")),
            detail: Line::clean(why),
            then: assign(Some(handle.clone())),
        })
        .collect();
    if let Some(holder) = holder {
        choices.push(Choice {
            label: Line::clean("nobody"),
            detail: Line::clean(&format!("@{holder} gives it up")),
            then: assign(None),
        });
    }
    let purpose =
        PromptPurpose::RoleHolder { incident: incident.id, role: role.name.clone(), seen: incident.revision };
    let prompt = Prompt::new(&format!("{} of {}", role.label, incident.id), "their handle", purpose);
    Picker::new(&format!("{} of {}", role.label, incident.id), choices).or_ask("somebody else…", prompt)
}

/// Who is likely meant: oneself first, then who is on the incident, then who is in the room.
pub(super) fn candidates(model: &Model, incident: &Incident) -> Vec<(Handle, &'static str)> {
    let mut seen = BTreeSet::new();
    let me = model.me().map(|me| (me, "you"));
    let on_it = incident.responders.keys().map(|handle| (handle, "on this incident"));
    let here = model.presence.iter().map(|person| (&person.handle, "in the room"));
    let all = me.into_iter().chain(on_it).chain(here);
    all.filter(|(handle, _)| seen.insert((*handle).clone()))
        .map(|(handle, why)| (handle.clone(), why))
        .collect()
}
