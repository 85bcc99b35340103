//! What holds for any journal and for any sequence of commands, however foolish.

mod any;
mod honour;

use proptest::prelude::*;

use super::actor::Actor;
use super::alert::IncidentAlerts;
use super::apply::apply;
use super::change::Changes;
use super::command::{Command, Submission};
use super::decide::decide;
use super::event::Entry;
use super::ids::{IncidentId, Revision};
use super::incident::Incident;
use super::room::{Alerts, Room};
use super::stage::Stage;
use super::text::{Line, Text};

fn fold(room: &mut Room, entries: &[Entry]) {
    entries.iter().for_each(|entry| apply(room, entry));
}

fn through_json(room: &Room) -> Room {
    serde_json::from_str(&serde_json::to_string(room).unwrap()).unwrap()
}

/// A step of the people and programs around the room: time passes, somebody asks.
type Step = (u64, Actor, Option<u64>, Command);

fn play(stage: &mut Stage, (seconds, actor, seen, command): Step) -> bool {
    stage.wait(seconds);
    stage.submit(actor, seen.map(Revision), command).is_ok()
}

/// Two incidents in the middle of things: the first with two tasks, a note, an update on its way and a draft.
fn at_work() -> Stage {
    let mut stage = Stage::with_incident();
    stage.ask("bo", super::stage::declare("Search is slow")).unwrap();
    let incident = IncidentId(1);
    for title in ["Roll back", "Tell support"] {
        let title = Line::clean(title);
        let (owner, stage_of, role, due) = (None, None, None, None);
        let task = Command::AddTask { incident, title, owner, stage: stage_of, role, required: false, due };
        stage.ask("ana", task).unwrap();
    }
    stage
        .ask("ana", Command::AddNote { incident, text: Text::clean("5 % of requests fail"), evidence: None })
        .unwrap();
    let message = super::stage::message("customers");
    stage.ask("ana", Command::SendUpdate { incident, message: message.clone() }).unwrap();
    stage.ask("ana", Command::DraftUpdate { incident, message }).unwrap();
    stage
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_entries_in_any_order_give_a_room_within_its_bounds(
        entries in prop::collection::vec(any::entry(), 0..120),
    ) {
        let mut room = Room::default();
        fold(&mut room, &entries);
        let newest = entries.iter().map(|entry| entry.seq).max().unwrap_or_default();
        prop_assert_eq!(room.seq, newest);
        prop_assert!(room.alerts.waiting.len() <= Alerts::WAITING);
        prop_assert!(room.changes.len() <= Changes::KEPT);
        for incident in room.incidents.values() {
            prop_assert!(incident.links.len() <= Incident::LINKS);
            prop_assert!(incident.marks.len() <= Incident::MARKS);
            prop_assert!(incident.alerts.shown.len() <= IncidentAlerts::SHOWN);
            prop_assert!(room.surviving(incident.id).0 > 0);
        }
    }

    #[test]
    fn applying_again_changes_nothing(entries in any::journal(80)) {
        let mut room = Room::default();
        fold(&mut room, &entries);
        let once = room.clone();
        fold(&mut room, &entries);
        prop_assert_eq!(room, once);
    }

    #[test]
    fn folding_in_two_pieces_through_a_snapshot_is_folding_at_once(
        entries in any::journal(120),
        cut in 0_usize..120,
    ) {
        let (head, tail) = entries.split_at(cut.min(entries.len()));
        let mut at_once = Room::default();
        fold(&mut at_once, &entries);
        let mut pieces = Room::default();
        fold(&mut pieces, head);
        let mut pieces = through_json(&pieces);
        fold(&mut pieces, tail);
        prop_assert_eq!(pieces, at_once);
    }

    #[test]
    fn what_is_allowed_is_honoured_and_every_change_counts(
        steps in prop::collection::vec(any::step(), 1..60),
    ) {
        let mut stage = at_work();
        for (seconds, actor, seen, command) in steps {
            stage.wait(seconds);
            let before = stage.room.clone();
            let asked = command.clone();
            let Ok(decision) = stage.submit(actor.clone(), seen.map(Revision), command) else {
                prop_assert_eq!(&stage.room, &before, "a refusal changes nothing");
                continue;
            };
            for proposal in &decision.events {
                let Some(id) = proposal.incident else { continue };
                let was = before.incident(id).map_or(Revision(0), |incident| incident.revision);
                let is = stage.room.incident(id).map(|incident| incident.revision);
                prop_assert!(is > Some(was), "{id} did not move on");
            }
            honour::check(&stage, &actor, &asked, &decision)?;
        }
    }

    #[test]
    fn asking_for_what_is_so_changes_nothing(
        steps in prop::collection::vec(any::step(), 1..40),
        (_, actor, _, command) in any::step(),
    ) {
        let mut stage = at_work();
        for step in steps {
            play(&mut stage, step);
        }
        if honour::sets_something(&command) && play(&mut stage, (0, actor.clone(), None, command.clone())) {
            let submission = Submission { id: None, actor, seen: Some(Revision(0)), command };
            let again = decide(&stage.room, &stage.policy, stage.now, &submission);
            prop_assert!(again.is_ok_and(|decision| decision.events.is_empty()), "{submission:?}");
        }
    }

    #[test]
    fn a_terminal_sees_the_room_that_the_hub_sees(
        steps in prop::collection::vec(any::step(), 1..80),
        joins_at in 0_usize..80,
    ) {
        let mut stage = at_work();
        let mut terminal = None;
        for (number, step) in steps.into_iter().enumerate() {
            if number == joins_at {
                terminal = Some((through_json(&stage.room.for_terminals()), stage.journal.len()));
            }
            play(&mut stage, step);
        }
        let Some((mut room, from)) = terminal else { return Ok(()) };
        fold(&mut room, &stage.journal[from..]);
        prop_assert_eq!(&room.incidents, &stage.room.for_terminals().incidents);
        prop_assert_eq!(&room.alerts.waiting, &stage.room.alerts.waiting);
        prop_assert_eq!(room.alerts.waiting_unseen, stage.room.alerts.waiting_unseen);
        prop_assert_eq!(&room.changes, &stage.room.changes);
        prop_assert_eq!((&room.groups, room.last_incident), (&stage.room.groups, stage.room.last_incident));
    }

    #[test]
    fn what_incidents_count_as_firing_is_what_fires(
        steps in prop::collection::vec(any::step(), 1..80),
    ) {
        let mut stage = at_work();
        for step in steps {
            play(&mut stage, step);
        }
        let room = &stage.room;
        let firing = |id: Option<IncidentId>| {
            room.alerts.firing.values().filter(|firing| firing.incident == id).count()
        };
        for incident in room.incidents.values() {
            prop_assert_eq!(incident.alerts.firing as usize, firing(Some(incident.id)), "{}", incident.id);
        }
        prop_assert_eq!(room.alerts.waiting.len(), firing(None));
        for (fingerprint, id) in &room.alerts.over {
            let incident = &room.incidents[id];
            prop_assert!(incident.status.is_open(), "{id} ended");
            prop_assert!(!incident.alerts.shown[fingerprint].is_firing(), "{fingerprint} fires in {id}");
        }
        for id in room.groups.values() {
            prop_assert!(room.incidents[id].status.is_open(), "{id} holds a group");
        }
    }
}
