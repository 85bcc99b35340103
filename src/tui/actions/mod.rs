//! What a key can do. One action is one constant with one name: the same in the keymap, the footer, the help and the
//! palette, which are all made from [`ACTIONS`].

mod acknowledge;
mod alerts;
mod changes;
mod comms;
mod edit;
mod focus;
mod look;
mod milestones;
mod move_on;
mod notes;
mod people;
mod select;
mod session;
mod severity;
mod status;
mod tasks;
#[cfg(test)]
mod tests;
mod undo;

pub(super) use status::second_yes;

use crate::tui::effect::Effects;
use crate::tui::model::Model;
use crate::tui::msg::Now;

/// Something that a key, the palette or the help can name.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// The name in the keymap.
    pub name: &'static str,
    /// The words in footer, help and palette.
    pub label: &'static str,
    pub group: Group,
    pub grade: Grade,
    /// Other words that somebody may look for it by, with blanks between them.
    pub words: &'static str,
    /// Whether it can be done now, and if not, why.
    pub available: fn(&Model) -> Availability,
    pub run: fn(&mut Model, Now, &mut Effects),
}

/// The heading that it stands under in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Incident,
    People,
    Tasks,
    Notes,
    Updates,
    Moving,
    Looking,
    Session,
}

impl Group {
    pub const ALL: [Group; 8] = [
        Group::Incident,
        Group::People,
        Group::Tasks,
        Group::Notes,
        Group::Updates,
        Group::Moving,
        Group::Looking,
        Group::Session,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Group::Incident => "Incident",
            Group::People => "People",
            Group::Tasks => "Tasks",
            Group::Notes => "Notes",
            Group::Updates => "Updates",
            Group::Moving => "Moving",
            Group::Looking => "Looking",
            Group::Session => "Session",
        }
    }
}

/// How much care it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Changes only this terminal.
    Free,
    /// Changes the room, and one key takes it back while it is the last thing that was done.
    Reversible,
    /// Changes the room for good; another entry can only correct it.
    Kept,
    /// Reaches people outside.
    Outward,
    /// Cannot be taken back.
    Destructive,
}

/// `Err` says what stands against it.
pub type Availability = Result<(), &'static str>;

/// Every action, in the order of the help.
pub const ACTIONS: &[Action] = &[
    acknowledge::ACTION,
    status::ACTION,
    status::RESOLVE,
    status::CLOSE,
    severity::ACTION,
    edit::DECLARE,
    edit::TITLE,
    edit::SUMMARY,
    milestones::ACTION,
    alerts::DECLARE,
    changes::MARK,
    move_on::REOPEN,
    move_on::CANCEL,
    move_on::MERGE,
    undo::ACTION,
    people::ASSIGN_ROLE,
    people::JOIN,
    tasks::ADD,
    tasks::ASSIGN,
    tasks::ACCEPT,
    tasks::COMPLETE,
    tasks::REOPEN,
    notes::ADD,
    notes::PIN,
    comms::SEND,
    comms::SETTLE,
    comms::SEND_LATE,
    select::NEXT,
    select::PREVIOUS,
    select::FIRST,
    select::LAST,
    select::PAGE_DOWN,
    select::PAGE_UP,
    focus::NEXT,
    focus::PREVIOUS,
    focus::INCIDENTS,
    focus::ALERTS,
    focus::TASKS,
    focus::TIMELINE,
    focus::SLOS,
    focus::RESPONDERS,
    look::DETAILS,
    look::LINKS,
    look::FOLLOW,
    look::TIMELINE_SCOPE,
    look::INCIDENT_SCOPE,
    look::FILTER,
    look::CLEAR_FILTER,
    look::ZONE,
    session::HELP,
    session::PALETTE,
    session::RETRY,
    session::ACCEPT_JOURNAL,
    session::REPAINT,
    session::SUSPEND,
    session::QUIT,
];

/// The action of that name.
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

fn always(_: &Model) -> Availability {
    Ok(())
}

/// A responder's token, an incident that is selected and has not ended.
fn on_open_incident(model: &Model) -> Availability {
    may_change(model)?;
    let incident = model.selected().ok_or("select an incident first")?;
    if incident.status.is_open() { Ok(()) } else { Err("this incident has ended; reopen it first") }
}

/// A responder's token and an incident that is selected.
fn on_incident(model: &Model) -> Availability {
    may_change(model)?;
    model.selected().map(|_| ()).ok_or("select an incident first")
}

fn may_change(model: &Model) -> Availability {
    use crate::domain::actor::Access;
    match &model.link.you {
        Some(you) if !you.role.allows(Access::Responder) => Err("your token lets you look only"),
        _ => Ok(()),
    }
}

fn may_command(model: &Model) -> Availability {
    use crate::domain::actor::Access;
    match &model.link.you {
        Some(you) if !you.role.allows(Access::Commander) => Err("your token does not let you send updates"),
        _ => Ok(()),
    }
}
