use std::time::Duration;

use crate::domain::command::{Command, DeliveryOutcome, RefusalKind};
use crate::domain::comms::{CommsState, Delivery, DeliveryState, Verdict};
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::stage::{FIRST, Stage, declare, kinds, message};
use crate::domain::status::Status;
use crate::domain::text::{Line, Text};

const C1: CommsId = CommsId(1);

fn send(audience: &str) -> Command {
    Command::SendUpdate { incident: FIRST, message: message(audience) }
}

fn publish() -> Command {
    Command::PublishUpdate { incident: FIRST, comms: C1 }
}

fn report(outcome: DeliveryOutcome) -> Command {
    let destination = "mail".parse().unwrap();
    Command::ReportDelivery { incident: FIRST, comms: C1, destination, outcome, detail: Line::clean("said") }
}

fn settle(verdict: Verdict) -> Command {
    Command::SettleDelivery { incident: FIRST, comms: C1, destination: "mail".parse().unwrap(), verdict }
}

fn mail(stage: &Stage) -> Delivery {
    stage.incident(1).comms[&C1].deliveries[&"mail".parse().unwrap()].clone()
}

#[test]
fn an_update_that_would_reach_nobody_is_refused() {
    let mut stage = Stage::with_incident();
    let message = stage.refused("ana", RefusalKind::NotNow, send("nobody"));
    assert_eq!(
        message,
        "nobody would be notified: audience nobody has no destinations; add one to the hub's settings"
    );
    let message = stage.refused("ana", RefusalKind::NotFound, send("press"));
    assert_eq!(
        message,
        "nobody would be notified: there is no audience “press”; there are: customers, nobody"
    );
    for blank in ["subject", "body"] {
        let mut empty = super::super::super::stage::message("customers");
        match blank {
            "subject" => empty.subject = Line::default(),
            _ => empty.body = Text::clean(" \n"),
        }
        stage.refused("ana", RefusalKind::Invalid, Command::DraftUpdate { incident: FIRST, message: empty });
    }
}

#[test]
fn what_is_sent_is_drafted_and_published_to_each_destination_once() {
    let mut stage = Stage::with_incident();
    let mut with_next = message("customers");
    with_next.next_update_at = Some(stage.now.plus(Duration::from_secs(1800)));
    let decision =
        stage.ask("ana", Command::SendUpdate { incident: FIRST, message: with_next.clone() }).unwrap();
    assert_eq!(kinds(&decision), ["comms.drafted", "comms.published"]);
    assert_eq!(decision.comms, Some(C1));
    assert_eq!(stage.incident(1).comms[&C1].deliveries.len(), 2);
    assert_eq!(mail(&stage).state, DeliveryState::Pending);
    assert_eq!(stage.incident(1).next_update_due, with_next.next_update_at);
    assert!(stage.ask("bo", publish()).unwrap().events.is_empty());

    // Somebody who did not see that would tell customers twice.
    let refusal = stage.ask_having_seen("bo", 1, send("customers")).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Stale);
    // Without a next time, none is due.
    stage.ask("bo", send("customers")).unwrap();
    assert_eq!(stage.incident(1).next_update_due, None);
}

#[test]
fn a_draft_is_published_or_discarded_never_both() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", Command::DraftUpdate { incident: FIRST, message: message("customers") }).unwrap();
    let discard = Command::DiscardUpdate { incident: FIRST, comms: C1 };
    stage.ask("ana", discard.clone()).unwrap();
    assert!(stage.ask("ana", discard).unwrap().events.is_empty());
    assert_eq!(stage.refused("ana", RefusalKind::NotNow, publish()), "C-1 was discarded; draft a new update");
    assert_eq!(stage.incident(1).comms[&C1].state, CommsState::Discarded);
    stage.ask("ana", send("customers")).unwrap();
    let late = Command::DiscardUpdate { incident: FIRST, comms: CommsId(2) };
    stage.refused("ana", RefusalKind::NotNow, late);
}

#[test]
fn a_draft_whose_next_update_has_passed_is_not_published() {
    let mut stage = Stage::with_incident();
    let mut message = message("customers");
    message.next_update_at = Some(stage.now.plus(Duration::from_secs(60)));
    stage.ask("ana", Command::DraftUpdate { incident: FIRST, message }).unwrap();
    stage.wait(60);
    stage.refused("ana", RefusalKind::Invalid, publish());
}

#[test]
fn a_delivery_is_attempted_only_while_it_waits() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", send("customers")).unwrap();
    let refusal = stage.ask("ana", report(DeliveryOutcome::Attempting)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Forbidden);
    for (outcome, state) in [
        (DeliveryOutcome::Attempting, DeliveryState::Sending),
        (DeliveryOutcome::Deferred, DeliveryState::Pending),
        (DeliveryOutcome::Attempting, DeliveryState::Sending),
        (DeliveryOutcome::Uncertain, DeliveryState::Uncertain),
    ] {
        stage.hub(report(outcome)).unwrap();
        assert_eq!(mail(&stage).state, state, "{outcome:?}");
    }
    // Whoever asks to attempt is about to send: it must hear no. What is late changes nothing.
    assert_eq!(stage.hub(report(DeliveryOutcome::Attempting)).unwrap_err().kind, RefusalKind::NotNow);
    for outcome in [DeliveryOutcome::Delivered, DeliveryOutcome::Failed, DeliveryOutcome::Deferred] {
        assert!(stage.hub(report(outcome)).unwrap().events.is_empty(), "{outcome:?}");
    }
}

#[test]
fn why_a_delivery_still_waits_is_told_once_for_each_reason() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", send("customers")).unwrap();
    let waits = |why: &str| {
        let destination = "mail".parse().unwrap();
        let outcome = DeliveryOutcome::Deferred;
        Command::ReportDelivery { incident: FIRST, comms: C1, destination, outcome, detail: Line::clean(why) }
    };
    for (why, told) in [("no route", 1), ("no route", 0), ("no answer", 1), ("no answer", 0)] {
        assert_eq!(stage.hub(waits(why)).unwrap().events.len(), told, "{why}");
        assert_eq!(mail(&stage).state, DeliveryState::Pending);
    }
    assert_eq!(&*mail(&stage).detail, "no answer");
}

#[test]
fn a_text_counts_as_true_from_the_last_time_that_a_person_asked_for_it() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", send("customers")).unwrap();
    let published = mail(&stage).asked_at;
    stage.wait(600);
    stage.hub(report(DeliveryOutcome::Failed)).unwrap();
    assert_eq!(mail(&stage).asked_at, published);
    stage.wait(600);
    stage.ask("ana", settle(Verdict::SendAgain)).unwrap();
    assert_eq!(mail(&stage).asked_at.since(published), Duration::from_secs(1200));
}

#[test]
fn a_person_settles_what_nobody_can_know_even_after_the_end() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", send("customers")).unwrap();
    stage.refused("ana", RefusalKind::NotNow, settle(Verdict::Arrived));
    stage.hub(report(DeliveryOutcome::Attempting)).unwrap();
    for verdict in [Verdict::Arrived, Verdict::SendAgain, Verdict::Abandon] {
        let message = stage.refused("ana", RefusalKind::NotNow, settle(verdict));
        assert_eq!(message, "C-1 to mail is being handed over right now; wait for the outcome");
    }
    stage.hub(report(DeliveryOutcome::Uncertain)).unwrap();
    for status in [Status::Resolved, Status::Closed] {
        stage.ask("ana", Command::ChangeStatus { incident: FIRST, status, reason: None }).unwrap();
    }
    stage.ask("ana", settle(Verdict::SendAgain)).unwrap();
    let again = mail(&stage);
    assert_eq!((again.state, again.round), (DeliveryState::Pending, 1));
    assert!(stage.ask("bo", settle(Verdict::SendAgain)).unwrap().events.is_empty());
    stage.ask("bo", settle(Verdict::Abandon)).unwrap();
    assert_eq!(mail(&stage).state, DeliveryState::Abandoned);
    stage.refused("bo", RefusalKind::NotNow, settle(Verdict::SendAgain));
}

#[test]
fn a_promised_update_stays_due_after_the_end_until_an_update_promises_none() {
    let mut stage = Stage::with_incident();
    let mut message = message("customers");
    let promised = Some(stage.now.plus(Duration::from_secs(60)));
    message.next_update_at = promised;
    stage.ask("ana", Command::SendUpdate { incident: FIRST, message }).unwrap();
    let resolve = Command::ChangeStatus { incident: FIRST, status: Status::Resolved, reason: None };
    stage.ask("ana", resolve).unwrap();
    assert_eq!(stage.incident(1).next_update_due, promised);
    let again = Command::Reopen { incident: FIRST, reason: Text::clean("it came back") };
    stage.ask("ana", again).unwrap();
    assert_eq!(stage.incident(1).next_update_due, promised);
    stage.ask("ana", send("customers")).unwrap();
    assert_eq!(stage.incident(1).next_update_due, None);
}

#[test]
fn what_waits_is_dropped_when_the_incident_is_merged_and_a_fresh_yes_after_the_end_is_kept() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", declare("Search fails")).unwrap();
    stage.ask("ana", send("customers")).unwrap();
    let decision = stage.ask("ana", Command::Merge { incident: FIRST, into: IncidentId(2) }).unwrap();
    assert_eq!(kinds(&decision)[2..], ["comms.dropped", "comms.dropped"]);
    assert_eq!(mail(&stage).state, DeliveryState::Abandoned);
    assert_eq!(&*mail(&stage).detail, "INC-1 was merged into INC-2 before it could go out");

    let mut stage = Stage::with_incident();
    stage.ask("ana", send("customers")).unwrap();
    stage.hub(report(DeliveryOutcome::Failed)).unwrap();
    let resolve = Command::ChangeStatus { incident: FIRST, status: Status::Resolved, reason: None };
    stage.ask("ana", resolve).unwrap();
    stage.wait(1);
    stage.ask("ana", settle(Verdict::SendAgain)).unwrap();
    stage.hub(report(DeliveryOutcome::Attempting)).unwrap();
    stage.hub(report(DeliveryOutcome::Deferred)).unwrap();
    assert_eq!(mail(&stage).state, DeliveryState::Pending);
}
