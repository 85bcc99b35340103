//! Changes are heard of, and people of an incident mark them. The room lets go of old changes; marks stay.

use std::collections::BTreeMap;

use super::super::change::{Change, ChangeId, Changes, Mark, Marked};
use super::super::event::Entry;
use super::super::incident::Incident;
use super::super::text::{Line, Text};

pub(super) fn recorded(changes: &mut Changes, heard: &[Change]) {
    heard.iter().for_each(|change| changes.hear(change));
}

pub(super) fn marked(
    incident: &mut Incident,
    change: &ChangeId,
    title: &Line,
    mark: Option<Mark>,
    reason: Option<&Text>,
    entry: &Entry,
) {
    let Some(mark) = mark else {
        incident.marks.remove(change);
        return;
    };
    if incident.marks.len() < Incident::MARKS || incident.marks.contains_key(change) {
        let (title, by, reason) = (title.clone(), entry.actor.clone(), reason.cloned());
        incident.marks.insert(change.clone(), Marked { mark, title, by, at: entry.at, reason });
    }
}

/// After a merge: what people say of a change in the incident that goes on counts before what was said in the other.
pub(super) fn taken_over(incident: &mut Incident, marks: BTreeMap<ChangeId, Marked>) {
    for (change, marked) in marks {
        if incident.marks.len() < Incident::MARKS {
            incident.marks.entry(change).or_insert(marked);
        }
    }
}
