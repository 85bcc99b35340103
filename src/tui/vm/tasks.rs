//! Tasks of an incident: what is to be done, by whom, until when.

use super::window::{Tops, window};
use super::{Cx, Run, Runs, Title, joined, run, time};
use crate::domain::actor::Handle;
use crate::domain::incident::Incident;
use crate::domain::task::{Task, TaskState};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Role;

/// The most tasks that are looked at to count the open ones and to find the next: no incident that people work on has
/// more, and one that does must not slow a frame.
pub const COUNTED: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasks {
    pub title: Title,
    pub rows: Vec<TaskRow>,
    pub above: bool,
    pub below: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    pub selected: bool,
    /// Done, accepted or open.
    pub state: Run,
    pub id: String,
    pub title: String,
    /// Owner, due, and whether it is required.
    pub facts: Runs,
    pub done: bool,
}

/// The pane of tasks, for the incident that is selected.
pub fn tasks(model: &Model, incident: &Incident, cx: &Cx<'_>, height: usize, tops: &mut Tops) -> Tasks {
    let selected = model.ui.task.filter(|task| incident.tasks.contains_key(task));
    let seen = window(&incident.tasks, selected.as_ref(), model.ui.tops.tasks.as_ref(), height);
    tops.tasks = seen.rows.first().copied();
    let rows = seen.rows.iter().filter_map(|id| incident.tasks.get(id));
    let rows = rows.map(|task| row(task, selected == Some(task.id), Facts::Full, cx)).collect();
    let title = Title::new(format!("Tasks of {}", incident.id), model.ui.focus == Pane::Tasks);
    let title = title.with(Role::TextMuted, counted(incident));
    Tasks { title, rows, above: seen.above, below: seen.below }
}

/// `2 of 5 done`.
pub fn counted(incident: &Incident) -> String {
    let total = incident.tasks.len();
    let done = incident.tasks.values().take(COUNTED).filter(|task| !task.is_open()).count();
    match total {
        0 => "none yet".into(),
        1..=COUNTED => format!("{done} of {total} done"),
        _ => format!("{total}, {done} of the first {COUNTED} done"),
    }
}

/// What is open, in the order it was added: one's own first, then those that the phase requires.
pub fn next<'a>(incident: &'a Incident, me: Option<&Handle>) -> Vec<&'a Task> {
    let mut open: Vec<&'a Task> =
        incident.tasks.values().take(COUNTED).filter(|task| task.is_open()).collect();
    let mine = |task: &Task| me.is_some() && task.owner.as_ref() == me;
    open.sort_by_key(|task| (!mine(task), !task.holds(incident.status)));
    open
}

/// How much is said of a task beside its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facts {
    /// Whose it is, and until when.
    Brief,
    Full,
}

pub fn row(task: &Task, selected: bool, facts: Facts, cx: &Cx<'_>) -> TaskRow {
    let (state, done) = match &task.state {
        TaskState::Open => (run(Role::Warn, cx.glyphs.absent), false),
        TaskState::Accepted { .. } => (run(Role::Ok, cx.glyphs.live), false),
        TaskState::Done { .. } => (run(Role::Ok, cx.glyphs.done), true),
    };
    let owner = match (&task.owner, &task.role) {
        (Some(owner), _) => run(Role::Text, format!("@{owner}")),
        (None, Some(role)) => run(Role::Warn, format!("for the {role}")),
        (None, None) => run(Role::Warn, "nobody"),
    };
    let open = match &task.state {
        TaskState::Open if task.owner.is_some() && facts == Facts::Full => {
            vec![run(Role::TextMuted, "not accepted")]
        }
        TaskState::Open | TaskState::Accepted { .. } | TaskState::Done { .. } => Runs::new(),
    };
    let due = match task.due {
        Some(due) if !done && due <= cx.now.wall => {
            vec![run(Role::Danger, format!("OVERDUE {}", time::age(cx.now.wall.since(due))))]
        }
        Some(due) if !done => vec![run(Role::Text, format!("due in {}", time::age(due.since(cx.now.wall))))],
        Some(_) | None => Runs::new(),
    };
    let required = match (task.required && !done, task.stage) {
        (true, _) if facts == Facts::Brief => vec![run(Role::TextMuted, "required")],
        (true, Some(stage)) => vec![run(Role::TextMuted, format!("holds {stage}"))],
        (true, None) => vec![run(Role::TextMuted, "required")],
        (false, _) => Runs::new(),
    };
    TaskRow {
        selected,
        state,
        id: task.id.to_string(),
        title: task.title.to_string(),
        facts: joined([vec![owner], open, due, required], cx),
        done,
    }
}
