use crate::domain::command::{Command, RefusalKind};
use crate::domain::event::Event;
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::note::Evidence;
use crate::domain::severity::Severity;
use crate::domain::stage::{FIRST, Stage, declare, kinds, note_seq, person};
use crate::domain::status::{Milestone, Status};
use crate::domain::text::{Line, Text};

fn acknowledge() -> Command {
    Command::Acknowledge { incident: FIRST }
}

#[test]
fn an_incident_needs_a_title_and_is_sev2_unless_somebody_says_otherwise() {
    let mut stage = Stage::new();
    let message = stage.refused("ana", RefusalKind::Invalid, declare("  "));
    assert!(message.contains("needs a title"), "{message}");
    stage.refused("ana", RefusalKind::Invalid, declare(&"x".repeat(201)));
    stage.ask("ana", declare("Checkout fails")).unwrap();
    let incident = stage.incident(1);
    assert_eq!((incident.severity, incident.status), (Severity::Sev2, Status::Triggered));
    assert_eq!(incident.milestones.detected, Some(stage.now));
}

#[test]
fn what_is_not_there_is_said_to_be_not_there() {
    let mut stage = Stage::new();
    let message = stage.refused("ana", RefusalKind::NotFound, acknowledge());
    assert_eq!(message, "there is no INC-1: nothing was declared yet; declare an incident first");
    stage.ask("ana", declare("Checkout fails")).unwrap();
    let missing = Command::Acknowledge { incident: IncidentId(9) };
    let message = stage.refused("ana", RefusalKind::NotFound, missing);
    assert_eq!(message, "there is no INC-9; the newest incident is INC-1");
}

#[test]
fn acknowledging_moves_on_and_taking_it_back_leaves_nothing_behind() {
    let mut stage = Stage::with_incident();
    let before = stage.incident(1).clone();
    stage.wait(60);
    let decision = stage.ask("ana", acknowledge()).unwrap();
    assert_eq!(kinds(&decision), ["incident.acknowledged", "incident.status_changed"]);
    assert_eq!(stage.incident(1).status, Status::Investigating);
    assert_eq!(stage.incident(1).milestones.acknowledged, Some(stage.now));
    assert!(stage.ask("ana", acknowledge()).unwrap().events.is_empty());

    // Undone so quickly that the sender has not seen the acknowledgement yet.
    stage.ask_having_seen("ana", 1, Command::Unacknowledge { incident: FIRST }).unwrap();
    let after = stage.incident(1);
    assert_eq!(after.status, Status::Triggered);
    assert_eq!((&after.milestones, &after.responders), (&before.milestones, &before.responders));
    assert_eq!(after.acknowledgement, None);
}

#[test]
fn the_second_to_acknowledge_joins_and_cannot_take_back_what_the_first_said() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", acknowledge()).unwrap();
    stage.wait(180);
    assert_eq!(kinds(&stage.ask("bo", acknowledge()).unwrap()), ["responder.joined"]);
    assert!(stage.ask("bo", acknowledge()).unwrap().events.is_empty());
    let undo = Command::Unacknowledge { incident: FIRST };
    let message = stage.refused("bo", RefusalKind::NotNow, undo);
    assert_eq!(message, "@ana acknowledged INC-1 3 min ago; only they can take it back");
    assert_eq!(stage.incident(1).acknowledgement.as_ref().unwrap().by, person("ana"));
}

#[test]
fn taking_an_acknowledgement_back_leaves_a_status_that_moved_since() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", acknowledge()).unwrap();
    let to = |status| Command::ChangeStatus { incident: FIRST, status, reason: None };
    stage.ask("bo", to(Status::Identified)).unwrap();
    stage.ask("bo", to(Status::Investigating)).unwrap();
    let decision = stage.ask("ana", Command::Unacknowledge { incident: FIRST }).unwrap();
    assert_eq!(kinds(&decision), ["incident.unacknowledged"]);
}

#[test]
fn only_a_change_of_the_same_aspect_makes_a_command_stale() {
    let mut stage = Stage::with_incident();
    let severity = |severity| Command::ChangeSeverity { incident: FIRST, severity };
    let title = |title: &str| Command::ChangeTitle { incident: FIRST, title: Line::clean(title) };
    stage.ask("bo", severity(Severity::Sev1)).unwrap();
    let refusal = stage.ask_having_seen("ana", 1, severity(Severity::Sev3)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Stale);
    assert_eq!(refusal.revision, Some(stage.incident(1).revision));
    assert_eq!(
        refusal.message,
        "the severity of INC-1 changed since you looked: it is now SEV1; look at it, then ask again"
    );
    // Already as asked, and another aspect.
    assert!(stage.ask_having_seen("ana", 1, severity(Severity::Sev1)).unwrap().events.is_empty());
    stage.ask_having_seen("ana", 1, title("Payments fail")).unwrap();
    assert_eq!(&*stage.incident(1).title, "Payments fail");
}

#[test]
fn a_status_is_not_stale_because_somebody_acknowledged() {
    let mut stage = Stage::with_incident();
    stage.ask("bo", acknowledge()).unwrap();
    let to = |status| Command::ChangeStatus { incident: FIRST, status, reason: None };
    stage.ask_having_seen("ana", 1, to(Status::Identified)).unwrap();
    let refusal = stage.ask_having_seen("bo", 3, to(Status::Monitoring)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Stale);
}

#[test]
fn a_milestone_can_be_corrected_but_not_into_the_future_nor_past_the_end() {
    let mut stage = Stage::with_incident();
    let set = |milestone, time| Command::SetMilestone { incident: FIRST, milestone, time };
    let later = stage.now.plus(std::time::Duration::from_secs(301));
    stage.refused("ana", RefusalKind::Invalid, set(Milestone::ImpactStarted, Some(later)));
    let resolved = stage.now;
    stage.ask("ana", set(Milestone::Resolved, Some(resolved))).unwrap();
    stage.wait(600);
    let message = stage.refused("ana", RefusalKind::Invalid, set(Milestone::ImpactStarted, Some(later)));
    assert!(message.contains("after it was resolved"), "{message}");
    stage.ask("ana", set(Milestone::Resolved, None)).unwrap();
    stage.ask("ana", set(Milestone::ImpactStarted, Some(later))).unwrap();
    assert_eq!(stage.incident(1).milestones.impact_started, Some(later));
}

#[test]
fn a_link_is_a_web_address() {
    let mut stage = Stage::with_incident();
    let link =
        |url: &str| Command::AddLink { incident: FIRST, title: Line::default(), url: Line::clean(url) };
    for url in
        ["", "grafana", "javascript://alert(1)", "file:///etc/passwd", "https://", "https:// x", "http:///x"]
    {
        stage.refused("ana", RefusalKind::Invalid, link(url));
    }
    stage.ask("ana", link("HTTPS://grafana.example/d/1?x=2")).unwrap();
    assert!(stage.ask("ana", link("HTTPS://grafana.example/d/1?x=2")).unwrap().events.is_empty());
    for number in 0..100 {
        let _ = stage.ask("ana", link(&format!("https://a/{number}")));
    }
    assert_eq!(stage.incident(1).links.len(), 50);
    stage.refused("ana", RefusalKind::Overloaded, link("https://b"));
}

#[test]
fn notes_are_pinned_and_corrected_where_they_belong() {
    let mut stage = Stage::with_incident();
    let add = |text: &str, evidence| Command::AddNote { incident: FIRST, text: Text::clean(text), evidence };
    stage.refused("ana", RefusalKind::Invalid, add(" \n", None));
    let evidence = Evidence { command: None, host: None, exit_code: None, output: Text::default() };
    stage.ask("ana", add("", Some(evidence))).unwrap();
    stage.ask("ana", add("the canary is at 5 %", None)).unwrap();
    let note = note_seq(&stage);
    let pin = Command::PinNote { incident: FIRST, note };
    stage.ask("bo", pin.clone()).unwrap();
    assert!(stage.ask("bo", pin).unwrap().events.is_empty());
    assert!(stage.incident(1).pins.contains(&note));
    stage.ask("bo", Command::UnpinNote { incident: FIRST, note }).unwrap();
    assert!(stage.incident(1).pins.is_empty());
    let correct = |note, text: &str| Command::CorrectNote { incident: FIRST, note, text: Text::clean(text) };
    let decision = stage.ask("ana", correct(note, "the canary is at 50 %")).unwrap();
    assert!(matches!(&decision.events[0].event, Event::NoteCorrected { .. }));
    stage.refused("ana", RefusalKind::Invalid, correct(note, ""));
    let message = stage.refused("ana", RefusalKind::NotFound, correct(Seq(1), "no note"));
    assert_eq!(message, "entry 1 is not a note of INC-1; its timeline shows which are");
}
