//! `warroom tail`: the feed line by line. It goes on by itself after a lost link, and repeats and leaves out nothing.

use tokio::sync::mpsc;

use super::args::Tail;
use super::door::Door;
use super::output::{Output, sentence};
use super::session::Exit;
use crate::domain::event::Entry;
use crate::link::place::Place;
use crate::link::{Config, Link, LinkEvent, LinkStatus, Surroundings};

/// Runs until nobody reads.
///
/// # Errors
///
/// When the hub refuses the token, or its journal has gone back.
pub async fn tail(door: Door, output: Output, tail: &Tail) -> Result<(), Exit> {
    let place = Place { cursor: tail.after, witness: None };
    let config = Config { hub: door.hub, token: door.token, outbox: None, place };
    let (link, mut events) = Link::spawn(config, Surroundings::of_the_machine())?;
    let ended = read(&mut events, output, tail).await;
    link.shutdown().await;
    ended
}

async fn read(events: &mut mpsc::Receiver<LinkEvent>, output: Output, tail: &Tail) -> Result<(), Exit> {
    let mut live = false;
    while let Some(event) = events.recv().await {
        match event {
            LinkEvent::Entries(entries) => {
                for entry in entries.iter().filter(|entry| wanted(entry, tail)) {
                    match output {
                        Output::Programs => output.json(entry)?,
                        Output::People => output.line(&sentence(entry))?,
                    }
                }
            }
            LinkEvent::Snapshot { journal, room, .. } if tail.after.is_some() => {
                output.say(&format!(
                    "what came after that place is not there any more; going on after {journal}:{}",
                    room.seq
                ));
            }
            LinkEvent::Status(LinkStatus::Live { .. }) if !live => {
                live = true;
                if output == Output::People {
                    output.say("connected; entries follow as they come");
                }
            }
            LinkEvent::Status(LinkStatus::Offline { why, .. }) if live => {
                live = false;
                output.say(&format!("offline: {why}"));
            }
            LinkEvent::Status(LinkStatus::Refused { reason, .. }) => {
                return Err(Exit::refused(reason.to_string()));
            }
            LinkEvent::Status(LinkStatus::Alarm { known, hub }) => {
                return Err(Exit::refused(format!(
                    "the hub's journal went back: entry {} was seen, it has {}",
                    known.seq, hub.seq
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

fn wanted(entry: &Entry, tail: &Tail) -> bool {
    tail.incident.is_none_or(|incident| entry.incident == Some(incident))
}
