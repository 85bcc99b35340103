//! What people write down. Also after the end: the record is never finished.

use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::{IncidentId, Seq};
use super::super::incident::Incident;
use super::super::note::Evidence;
use super::super::text::Text;
use super::Decision;
use super::case::{Case, invalid, is_blank, not_found, overloaded};

/// Evidence speaks for itself; anything else needs words.
pub(super) fn add(
    case: &Case<'_>,
    id: IncidentId,
    text: &Text,
    evidence: &Option<Evidence>,
) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if is_blank(text) && evidence.is_none() {
        return Err(invalid("the note is empty; write something"));
    }
    if incident.notes.len() >= Incident::NOTES {
        return Err(overloaded(format!(
            "{id} already has {} notes; put the rest where a link can point to",
            Incident::NOTES
        )));
    }
    Ok(Decision::about(id, [Event::NoteAdded { text: text.clone(), evidence: evidence.clone() }]))
}

pub(super) fn pin(case: &Case<'_>, id: IncidentId, note: Seq) -> Result<Decision, Refusal> {
    let incident = with_note(case, id, note)?;
    if incident.pins.contains(&note) {
        return Ok(Decision::already(id));
    }
    if incident.pins.len() >= Incident::PINS {
        return Err(overloaded(format!("{id} already has {} pins; unpin one first", Incident::PINS)));
    }
    Ok(Decision::about(id, [Event::NotePinned { note }]))
}

pub(super) fn unpin(case: &Case<'_>, id: IncidentId, note: Seq) -> Result<Decision, Refusal> {
    let incident = with_note(case, id, note)?;
    let pinned = incident.pins.contains(&note);
    Ok(Decision::about(id, pinned.then_some(Event::NoteUnpinned { note })))
}

/// The first wording stays in the journal, where anybody can read it.
pub(super) fn correct(case: &Case<'_>, id: IncidentId, note: Seq, text: &Text) -> Result<Decision, Refusal> {
    with_note(case, id, note)?;
    if is_blank(text) {
        return Err(invalid("a correction needs words; a note cannot be emptied"));
    }
    Ok(Decision::about(id, [Event::NoteCorrected { note, text: text.clone() }]))
}

fn with_note<'a>(case: &Case<'a>, id: IncidentId, note: Seq) -> Result<&'a Incident, Refusal> {
    let incident = case.incident(id)?;
    if incident.notes.contains(&note) {
        Ok(incident)
    } else {
        Err(not_found(format!("entry {note} is not a note of {id}; its timeline shows which are")))
    }
}
