//! Bodies of those who send changes, the first byte saying who: what is taken is clean, comes through a decision and a room,
//! and what is not says why.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use warroom::domain::actor::Actor;
use warroom::domain::apply::apply;
use warroom::domain::command::{Command, Submission};
use warroom::domain::decide::decide;
use warroom::domain::event::Entry;
use warroom::domain::ids::{EntryId, Seq};
use warroom::domain::policy::Policy;
use warroom::domain::room::Room;
use warroom::hub::ingest::changes::{Sender, Told, pagerduty};
use warroom_fuzz::{assert_all_harmless, assert_round_trip, json, now};

/// What a header of GitHub's or a binary CloudEvent says.
fn headers(which: u8) -> HeaderMap {
    const EVENTS: [&str; 3] = ["deployment", "deployment_status", "release"];
    let mut headers = HeaderMap::new();
    let event = EVENTS[usize::from(which) / 7 % EVENTS.len()];
    headers.insert(HeaderName::from_static("x-github-event"), HeaderValue::from_static(event));
    if which > 127 {
        for name in ["ce-specversion", "ce-id", "ce-source", "ce-type"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("1.0-deploy"));
        }
    }
    headers
}

fuzz_target!(|data: &[u8]| {
    let [which, body @ ..] = data else { return };
    let Some(document) = json(body) else { return };
    let told = match Sender::ALL.get(usize::from(*which) % 7) {
        Some(sender) => sender.read(&headers(*which), document.get()),
        None => pagerduty::read(document.get()),
    };
    let changes = match told {
        Ok(Told::Changes(changes)) => changes,
        Ok(Told::Nothing(why)) => return assert!(!why.is_empty()),
        Err(reason) => return assert!(!reason.is_empty()),
    };
    changes.iter().for_each(|change| assert_all_harmless(&assert_round_trip(change)));
    let actor = Actor::Integration("ci".parse().expect("a handle"));
    let mut room = Room::default();
    for part in changes.chunks(20) {
        let command = Command::RecordChanges { changes: part.to_vec() };
        let submission = Submission { id: None, actor: actor.clone(), seen: None, command };
        let decision =
            decide(&room, &Policy::default(), now(), &submission).expect("what is read can be decided on");
        for proposal in decision.events {
            assert_all_harmless(&assert_round_trip(&proposal.event));
            let (seq, id) = (Seq(room.seq.0 + 1), EntryId(Default::default()));
            let (incident, event) = (proposal.incident, proposal.event);
            apply(&mut room, &Entry { seq, id, at: now(), actor: actor.clone(), incident, event });
        }
        let again = decide(&room, &Policy::default(), now(), &submission).expect("as before");
        assert!(
            again.events.is_empty()
                || part.iter().any(|one| part.iter().filter(|other| other.id == one.id).count() > 1)
        );
    }
});
