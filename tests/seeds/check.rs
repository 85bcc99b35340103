//! What must hold when the dust has settled.

use warroom::domain::apply::apply;
use warroom::domain::command::Command;
use warroom::domain::event::Event;
use warroom::domain::room::Room;
use warroom::journal::Encoded;
use warroom::link::outbox::OutboxState;

use crate::terminal::{Seen, Story};

/// One order without a hole, and no entry twice.
pub fn journal(entries: &[Encoded]) -> Result<Room, String> {
    let mut room = Room::default();
    let mut ids = std::collections::HashSet::new();
    for (place, encoded) in (1..).zip(entries) {
        let entry = &encoded.entry;
        if entry.seq.0 != place {
            return Err(format!("entry {} stands at place {place}", entry.seq));
        }
        if !ids.insert(entry.id) {
            return Err(format!("the id of entry {place} was there before"));
        }
        apply(&mut room, entry);
    }
    if let Some(back) = entries.windows(2).find(|two| two[1].entry.at < two[0].entry.at) {
        return Err(format!("time goes back at entry {}", back[1].entry.seq));
    }
    Ok(room)
}

/// The terminal has the journal's room, and came to it by the journal's entries in the journal's order.
pub fn story(name: &str, story: &Story, entries: &[Encoded], room: &Room) -> Result<(), String> {
    if let Some(alarm) = &story.alarm {
        return Err(format!("{name} was alarmed: {alarm}"));
    }
    if story.room != *room {
        return Err(format!(
            "{name} is at {} with another room than the journal at {}",
            story.room.seq, room.seq
        ));
    }
    let mut last = 0;
    for seen in &story.seen {
        match seen {
            Seen::Snapshot(seq) => {
                if seq.0 < last {
                    return Err(format!("{name} got a snapshot of {seq} after entry {last}"));
                }
                last = seq.0;
            }
            Seen::Entry(entry) => {
                if entry.seq.0 != last + 1 {
                    return Err(format!("{name} got entry {} after {last}", entry.seq));
                }
                last += 1;
                let written = usize::try_from(last - 1).ok().and_then(|at| entries.get(at));
                if written.is_none_or(|written| written.entry != **entry) {
                    return Err(format!("{name} got another entry {last} than the journal has"));
                }
            }
        }
    }
    for (command, state) in story.commands.values() {
        let times = times(command, entries);
        let holds = match state {
            Some(OutboxState::Done { .. }) => times == 1,
            Some(OutboxState::Refused { .. } | OutboxState::Forgotten { .. }) => times == 0,
            Some(_) | None => {
                return Err(format!("{name} never heard what became of {command:?}: {state:?}"));
            }
        };
        if !holds {
            return Err(format!(
                "{name} was told {state:?}, and the journal has it {times} times: {command:?}"
            ));
        }
    }
    Ok(())
}

/// Of whoever was killed before an answer came: done or not, but not twice.
pub fn unanswered(command: &Command, entries: &[Encoded]) -> Result<(), String> {
    match times(command, entries) {
        0 | 1 => Ok(()),
        times => Err(format!("the journal has it {times} times: {command:?}")),
    }
}

/// How often the journal holds what only this command said.
fn times(command: &Command, entries: &[Encoded]) -> usize {
    let says = |event: &Event| match (command, event) {
        (Command::AddNote { text, .. }, Event::NoteAdded { text: written, .. }) => text == written,
        (Command::AddTask { title, .. }, Event::TaskAdded(added)) => *title == added.title,
        (Command::Declare { title, .. }, Event::Declared(declared)) => *title == declared.title,
        _ => false,
    };
    entries.iter().filter(|encoded| says(&encoded.entry.event)).count()
}
