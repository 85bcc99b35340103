//! Tasks: added, given to somebody, accepted, done.

use super::people::candidates;
use super::{Action, Availability, Grade, Group, on_open_incident};
use crate::domain::command::Command;
use crate::domain::ids::{IncidentId, TaskId};
use crate::domain::task::TaskState;
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Next, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ADD: Action = Action {
    name: "add-task",
    label: "add task",
    group: Group::Tasks,
    grade: Grade::Kept,
    words: "new todo",
    available: on_open_incident,
    run: add,
};

pub const ASSIGN: Action = Action {
    name: "assign-task",
    label: "assign task",
    group: Group::Tasks,
    grade: Grade::Reversible,
    words: "give",
    available: |model| {
        on_task(model, "no open task to assign", |state| !matches!(state, TaskState::Done { .. }))
    },
    run: assign,
};

pub const ACCEPT: Action = Action {
    name: "accept-task",
    label: "accept task",
    group: Group::Tasks,
    grade: Grade::Reversible,
    words: "take",
    available: |model| {
        on_task(model, "no task waits to be accepted", |state| matches!(state, TaskState::Open))
    },
    run: |model, now, effects| {
        on_one(
            model,
            now,
            effects,
            |state| matches!(state, TaskState::Open),
            "Accept",
            |incident, task| Command::AcceptTask { incident, task },
        );
    },
};

pub const COMPLETE: Action = Action {
    name: "complete-task",
    label: "complete task",
    group: Group::Tasks,
    grade: Grade::Reversible,
    words: "done finish",
    available: |model| {
        on_task(model, "no open task to complete", |state| !matches!(state, TaskState::Done { .. }))
    },
    run: |model, now, effects| {
        on_one(
            model,
            now,
            effects,
            |state| !matches!(state, TaskState::Done { .. }),
            "Complete",
            |incident, task| Command::CompleteTask { incident, task },
        );
    },
};

pub const REOPEN: Action = Action {
    name: "reopen-task",
    label: "reopen task",
    group: Group::Tasks,
    grade: Grade::Kept,
    words: "",
    available: |model| on_task(model, "no task is done", |state| matches!(state, TaskState::Done { .. })),
    run: |model, now, effects| {
        on_one(
            model,
            now,
            effects,
            |state| matches!(state, TaskState::Done { .. }),
            "Reopen",
            |incident, task| Command::ReopenTask { incident, task },
        );
    },
};

fn on_task(model: &Model, why: &'static str, fits: fn(&TaskState) -> bool) -> Availability {
    on_open_incident(model)?;
    let any = model.selected().is_some_and(|incident| incident.tasks.values().any(|task| fits(&task.state)));
    if any { Ok(()) } else { Err(why) }
}

fn add(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let purpose = PromptPurpose::TaskTitle { incident: incident.id };
    let hint =
        "what is to be done; end with @handle to assign it, with ! to require it before the next status";
    let prompt = Prompt::new(&format!("Add a task to {}", incident.id), hint, purpose);
    model.ui.modals.open(Modal::Prompt(prompt));
}

/// Acts on the selected task, or on the only one that fits, or asks which.
fn on_one(
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
    fits: fn(&TaskState) -> bool,
    verb: &str,
    command: fn(IncidentId, TaskId) -> Command,
) {
    let Some(incident) = model.selected() else { return };
    let fitting: Vec<_> = incident.tasks.values().filter(|task| fits(&task.state)).collect();
    let chosen = fitting.iter().find(|task| model.ui.task == Some(task.id));
    let only = if let [only] = fitting.as_slice() { Some(only) } else { None };
    if let Some(task) = chosen.or(only) {
        let command = command(incident.id, task.id);
        model.send(now, command, effects);
        return;
    }
    let choices = fitting.iter().map(|task| Choice {
        label: Line::clean(&format!("{} {}", task.id, task.title)),
        detail: owner(task.owner.as_ref()),
        then: Then::Send { command: Box::new(command(incident.id, task.id)), seen: None },
    });
    let picker = Picker::new(&format!("{verb} which task of {}?", incident.id), choices.collect());
    model.ui.modals.open(Modal::Picker(picker));
}

fn assign(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let open: Vec<_> = incident.open_tasks().collect();
    let people = candidates(model, incident);
    let owners = |task: &crate::domain::task::Task| {
        let choices: Vec<Choice> = people
            .iter()
            .filter(|(handle, _)| Some(handle) != task.owner.as_ref())
            .map(|(handle, why)| Choice {
                label: Line::clean(&format!("@{handle}")),
                detail: Line::clean(why),
                then: Then::Send {
                    command: Box::new(Command::AssignTask {
                        incident: incident.id,
                        task: task.id,
                        owner: handle.clone(),
                    }),
                    seen: Some(incident.revision),
                },
            })
            .collect();
        let purpose =
            PromptPurpose::TaskOwner { incident: incident.id, task: task.id, seen: incident.revision };
        let prompt = Prompt::new(&format!("Assign {}", task.id), "their handle", purpose);
        Picker::new(&format!("{} {} goes to", task.id, task.title), choices).or_ask("somebody else…", prompt)
    };
    let chosen = open.iter().find(|task| model.ui.task == Some(task.id));
    let only = if let [only] = open.as_slice() { Some(only) } else { None };
    let picker = match chosen.or(only) {
        Some(task) => owners(task),
        None => {
            let choices = open.iter().map(|task| Choice {
                label: Line::clean(&format!("{} {}", task.id, task.title)),
                detail: owner(task.owner.as_ref()),
                then: Then::Open(Box::new(Next::Picker(owners(task)))),
            });
            Picker::new(&format!("Assign which task of {}?", incident.id), choices.collect())
        }
    };
    model.ui.modals.open(Modal::Picker(picker));
}

fn owner(owner: Option<&crate::domain::actor::Handle>) -> Line {
    Line::clean(&owner.map_or_else(|| "nobody has it".to_owned(), |owner| format!("@{owner}")))
}
