//! Tasks: who is to do what, and in which phase it must be done.

use super::super::actor::Handle;
use super::super::command::Refusal;
use super::super::event::{Event, TaskAdded};
use super::super::ids::{IncidentId, TaskId};
use super::super::incident::{Aspect, Incident};
use super::super::role::Slug;
use super::super::status::Status;
use super::super::task::{Task, TaskState};
use super::super::text::Line;
use super::super::time::Timestamp;
use super::Decision;
use super::case::{Case, check_title, invalid, not_found, not_now, overloaded};
use super::people::has_place;

pub(super) struct Asked<'a> {
    pub(super) title: &'a Line,
    pub(super) owner: &'a Option<Handle>,
    pub(super) stage: Option<Status>,
    pub(super) role: &'a Option<Slug>,
    pub(super) required: bool,
    pub(super) due: Option<Timestamp>,
}

/// A required task of no phase keeps the incident in the phase that it is in.
pub(super) fn add(case: &Case<'_>, id: IncidentId, asked: Asked<'_>) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    check_title(asked.title, "a task")?;
    if let Some(stage) = asked.stage.filter(|stage| !stage.is_open()) {
        return Err(invalid(format!("a task cannot belong to the phase {stage}; no work is done in it")));
    }
    if let Some(role) = asked.role.as_ref().filter(|role| case.policy.role(role).is_none()) {
        return Err(not_found(format!(
            "there is no role “{role}”; leave it out or name one of the settings"
        )));
    }
    let task = incident.tasks.keys().next_back().map_or(TaskId(1), |last| last.next());
    if incident.tasks.len() >= Incident::TASKS || incident.tasks.contains_key(&task) {
        return Err(overloaded(format!("{id} has too many tasks already; write a note instead")));
    }
    if let Some(owner) = asked.owner {
        has_place(incident, owner)?;
    }
    let added = TaskAdded {
        task,
        title: asked.title.clone(),
        owner: asked.owner.clone(),
        stage: asked.stage.or(asked.required.then_some(incident.status)),
        role: asked.role.clone(),
        required: asked.required,
        due: asked.due,
    };
    Ok(Decision { task: Some(task), ..Decision::about(id, [Event::TaskAdded(added)]) })
}

pub(super) fn assign(
    case: &Case<'_>,
    id: IncidentId,
    task: TaskId,
    owner: &Handle,
) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let found = find(incident, task)?;
    if found.owner.as_ref() == Some(owner) {
        return Ok(about(id, task, None));
    }
    still_open(found)?;
    case.fresh(incident, Aspect::Tasks)?;
    has_place(incident, owner)?;
    Ok(about(id, task, Some(Event::TaskAssigned { task, to: owner.clone() })))
}

/// Anybody can take a task; whoever says yes owns it.
pub(super) fn accept(case: &Case<'_>, id: IncidentId, task: TaskId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let found = find(incident, task)?;
    let handle = case.person()?;
    still_open(found)?;
    let accepted = matches!(found.state, TaskState::Accepted { .. });
    if accepted && found.owner.as_ref() == Some(handle) {
        return Ok(about(id, task, None));
    }
    has_place(incident, handle)?;
    Ok(about(id, task, Some(Event::TaskAccepted { task })))
}

pub(super) fn complete(case: &Case<'_>, id: IncidentId, task: TaskId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let found = find(incident, task)?;
    Ok(about(id, task, found.is_open().then_some(Event::TaskCompleted { task })))
}

pub(super) fn reopen(case: &Case<'_>, id: IncidentId, task: TaskId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let found = find(incident, task)?;
    Ok(about(id, task, (!found.is_open()).then_some(Event::TaskReopened { task })))
}

fn find(incident: &Incident, task: TaskId) -> Result<&Task, Refusal> {
    incident.tasks.get(&task).ok_or_else(|| {
        not_found(match incident.tasks.keys().next_back() {
            Some(last) => format!("{} has no task {task}; its newest is {last}", incident.id),
            None => format!("{} has no task {task}: it has no tasks yet; add one first", incident.id),
        })
    })
}

fn still_open(task: &Task) -> Result<(), Refusal> {
    if task.is_open() {
        Ok(())
    } else {
        Err(not_now(format!("{} “{}” is done already; reopen it first", task.id, task.title)))
    }
}

fn about(id: IncidentId, task: TaskId, event: Option<Event>) -> Decision {
    Decision { task: Some(task), ..Decision::about(id, event) }
}
