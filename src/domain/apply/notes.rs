//! Where notes stand, which are pinned, and the links.

use super::super::ids::Seq;
use super::super::incident::Incident;
use super::super::note::Link;

pub(super) fn added(incident: &mut Incident, note: Seq) {
    if incident.notes.len() < Incident::NOTES {
        incident.notes.insert(note);
    }
}

pub(super) fn pinned(incident: &mut Incident, note: Seq) {
    if incident.notes.contains(&note) && incident.pins.len() < Incident::PINS {
        incident.pins.insert(note);
    }
}

pub(super) fn unpinned(incident: &mut Incident, note: Seq) {
    incident.pins.remove(&note);
}

pub(super) fn linked(incident: &mut Incident, link: &Link) {
    if incident.links.len() < Incident::LINKS && !incident.links.contains(link) {
        incident.links.push(link.clone());
    }
}
