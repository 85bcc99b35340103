//! Tasks come, change hands and are done.

use super::super::actor::Handle;
use super::super::event::{Entry, TaskAdded};
use super::super::ids::TaskId;
use super::super::incident::Incident;
use super::super::task::{Task, TaskState};
use super::super::time::Timestamp;
use super::people;

pub(super) fn added(incident: &mut Incident, added: &TaskAdded, entry: &Entry) {
    if incident.tasks.len() >= Incident::TASKS || incident.tasks.contains_key(&added.task) {
        return;
    }
    let task = Task {
        id: added.task,
        title: added.title.clone(),
        owner: added.owner.clone(),
        stage: added.stage,
        role: added.role.clone(),
        required: added.required,
        due: added.due,
        state: TaskState::Open,
        added_by: entry.actor.clone(),
        added_at: entry.at,
    };
    incident.tasks.insert(added.task, task);
    if let Some(owner) = &added.owner {
        people::joined(incident, owner, entry.at);
    }
}

/// A new owner has not said yes yet.
pub(super) fn assigned(incident: &mut Incident, task: TaskId, to: &Handle, at: Timestamp) {
    let Some(task) = incident.tasks.get_mut(&task) else { return };
    if task.owner.as_ref() != Some(to) {
        task.owner = Some(to.clone());
        if task.is_open() {
            task.state = TaskState::Open;
        }
    }
    people::joined(incident, to, at);
}

/// Whoever accepts a task owns it.
pub(super) fn accepted(incident: &mut Incident, task: TaskId, entry: &Entry) {
    let Some(task) = incident.tasks.get_mut(&task).filter(|task| task.is_open()) else { return };
    task.state = TaskState::Accepted { at: entry.at };
    if let Some(handle) = entry.actor.handle() {
        task.owner = Some(handle.clone());
        people::joined(incident, handle, entry.at);
    }
}

/// A task that nobody owned is then owned by whoever did it.
pub(super) fn completed(incident: &mut Incident, task: TaskId, entry: &Entry) {
    let Some(task) = incident.tasks.get_mut(&task).filter(|task| task.is_open()) else { return };
    task.state = TaskState::Done { at: entry.at, by: entry.actor.clone() };
    if task.owner.is_none() {
        task.owner = entry.actor.handle().cloned();
    }
    if let Some(handle) = entry.actor.handle() {
        people::joined(incident, handle, entry.at);
    }
}

pub(super) fn reopened(incident: &mut Incident, task: TaskId) {
    if let Some(task) = incident.tasks.get_mut(&task) {
        task.state = TaskState::Open;
    }
}
