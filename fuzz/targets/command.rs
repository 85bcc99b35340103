//! Bodies of commands, on every route: the same after the way through HTTP, and decided without a panic in a room where
//! something has happened, which goes on to be a room.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use warroom::domain::actor::Actor;
use warroom::domain::apply::apply;
use warroom::domain::command::Submission;
use warroom::domain::decide::decide;
use warroom::domain::event::Entry;
use warroom::domain::ids::{EntryId, Seq};
use warroom::domain::policy::Policy;
use warroom::domain::room::Room;
use warroom::wire::route::{ROUTES, command, parameter, request};
use warroom_fuzz::{assert_all_harmless, assert_harmless, assert_round_trip, now};

/// What happened before.
const BEFORE: &str = include_str!("../seeds/entry/an_incident.jsonl");

fuzz_target!(|data: &[u8]| {
    let [which, body @ ..] = data else { return };
    let Ok(Value::Object(body)) = warroom_fuzz::json(body)
        .map_or(Ok(Value::Object(Map::new())), |json| serde_json::from_str::<Value>(json.get()))
    else {
        return;
    };
    let route = &ROUTES[usize::from(*which) % ROUTES.len()];
    let fixed = |name: &str| match name {
        "incident" => "INC-1",
        "task" => "T-1",
        "comms" => "C-1",
        "note" => "3",
        "responder" => "ana",
        _ => "mail",
    };
    let parameters: Vec<(&str, &str)> =
        route.path.split('/').filter_map(parameter).map(|name| (name, fixed(name))).collect();
    let command = match command(route, parameters.iter().copied(), body) {
        Ok(command) => command,
        Err(_) => return,
    };
    assert_all_harmless(&assert_round_trip(&command));
    let sent = request(&command).expect("what came by a route has one");
    let again = warroom::wire::route::command(route, parameters, sent.body).expect("what was sent is read");
    assert_eq!(again, command);

    let mut room = Room::default();
    for line in BEFORE.lines() {
        apply(&mut room, &serde_json::from_str(line).expect("an entry"));
    }
    let actor = Actor::Person("ana".parse().expect("a handle"));
    let submission = Submission { id: None, actor: actor.clone(), seen: None, command };
    match decide(&room, &Policy::default(), now(), &submission) {
        Ok(decision) => {
            for proposal in decision.events {
                assert_round_trip(&proposal.event);
                let (seq, id) = (room.seq.next(), EntryId(Default::default()));
                let (incident, event) = (proposal.incident, proposal.event);
                apply(&mut room, &Entry { seq, id, at: now(), actor: actor.clone(), incident, event });
                assert_eq!(room.seq, seq);
            }
            assert_round_trip(&room);
        }
        Err(refusal) => assert_harmless(&refusal.message),
    }
    assert!(room.seq >= Seq(1));
});
