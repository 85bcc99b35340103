use crate::domain::command::{Command, RefusalKind};
use crate::domain::ids::IncidentId;
use crate::domain::room::Room;
use crate::domain::severity::Severity;
use crate::domain::stage::{FIRST, Stage, critical, declare, kinds};
use crate::domain::status::{Milestone, Status};
use crate::domain::text::{Line, Text};

fn to(status: Status) -> Command {
    Command::ChangeStatus { incident: FIRST, status, reason: None }
}

fn because(status: Status, reason: &str) -> Command {
    Command::ChangeStatus { incident: FIRST, status, reason: Some(Text::clean(reason)) }
}

fn required(title: &str, stage: Option<Status>) -> Command {
    Command::AddTask {
        incident: FIRST,
        title: Line::clean(title),
        owner: None,
        stage,
        role: None,
        required: true,
        due: None,
    }
}

fn closed() -> Stage {
    let mut stage = Stage::with_incident();
    stage.ask("ana", to(Status::Resolved)).unwrap();
    stage.ask("ana", to(Status::Closed)).unwrap();
    stage
}

#[test]
fn a_jump_reaches_the_milestones_on_its_way() {
    let mut stage = Stage::with_incident();
    stage.wait(60);
    stage.ask("ana", to(Status::Monitoring)).unwrap();
    let mitigated = stage.now;
    stage.wait(60);
    stage.ask("ana", to(Status::Resolved)).unwrap();
    let milestones = &stage.incident(1).milestones;
    assert_eq!((milestones.mitigated, milestones.resolved), (Some(mitigated), Some(stage.now)));
    assert!(stage.ask("bo", to(Status::Resolved)).unwrap().events.is_empty());
}

#[test]
fn going_back_takes_along_the_mitigation_that_a_status_brought_and_leaves_what_a_person_set() {
    let mut stage = Stage::with_incident();
    let mitigated = |stage: &Stage| stage.incident(1).milestones.mitigated;
    for (forth, back) in [
        (Status::Resolved, Status::Investigating),
        (Status::Monitoring, Status::Identified),
        (Status::Monitoring, Status::Triggered),
    ] {
        stage.wait(60);
        stage.ask("ana", to(forth)).unwrap();
        assert_eq!(mitigated(&stage), Some(stage.now), "{forth}");
        stage.wait(60);
        stage.ask("ana", because(back, "taken back")).unwrap();
        let milestones = &stage.incident(1).milestones;
        assert_eq!((milestones.mitigated, milestones.resolved), (None, None), "{forth} and back to {back}");
    }

    // What was mitigated before it was resolved still is when only that is taken back.
    stage.ask("ana", to(Status::Monitoring)).unwrap();
    let watched_since = stage.now;
    stage.wait(60);
    stage.ask("ana", to(Status::Resolved)).unwrap();
    stage.ask("ana", because(Status::Monitoring, "taken back")).unwrap();
    assert_eq!(mitigated(&stage), Some(watched_since));
    stage.ask("ana", to(Status::Resolved)).unwrap();
    stage.ask("ana", Command::Reopen { incident: FIRST, reason: Text::clean("it is back") }).unwrap();
    assert_eq!(mitigated(&stage), None);

    // A person knows better than a status, before it and after it.
    let set =
        |time| Command::SetMilestone { incident: FIRST, milestone: Milestone::Mitigated, time: Some(time) };
    let known = stage.now;
    stage.ask("ana", set(known)).unwrap();
    stage.wait(60);
    stage.ask("ana", to(Status::Resolved)).unwrap();
    stage.ask("ana", because(Status::Investigating, "taken back")).unwrap();
    assert_eq!(mitigated(&stage), Some(known));
    let take_back = Command::SetMilestone { incident: FIRST, milestone: Milestone::Mitigated, time: None };
    stage.ask("ana", take_back).unwrap();
    stage.ask("ana", to(Status::Monitoring)).unwrap();
    stage.ask("ana", set(known)).unwrap();
    stage.ask("ana", to(Status::Investigating)).unwrap();
    assert_eq!(mitigated(&stage), Some(known));
}

#[test]
fn an_open_required_task_keeps_the_phase_that_it_belongs_to() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", required("Freeze deploys", Some(Status::Identified))).unwrap();
    stage.ask("ana", required("Name a commander", None)).unwrap();
    let message = stage.refused("ana", RefusalKind::NotNow, to(Status::Resolved));
    assert_eq!(
        message,
        "INC-1 cannot go to resolved yet: required tasks are open (T-1 “Freeze deploys”, T-2 “Name a commander”); \
         complete them first"
    );
    let complete =
        |number| Command::CompleteTask { incident: FIRST, task: crate::domain::ids::TaskId(number) };
    stage.ask("ana", complete(2)).unwrap();
    stage.ask("ana", to(Status::Identified)).unwrap();
    let message = stage.refused("ana", RefusalKind::NotNow, to(Status::Monitoring));
    assert!(
        message.ends_with("a required task is open (T-1 “Freeze deploys”); complete it first"),
        "{message}"
    );
    // Back is always open.
    stage.ask("ana", to(Status::Investigating)).unwrap();
    stage.ask("ana", complete(1)).unwrap();
    stage.ask("ana", to(Status::Monitoring)).unwrap();
}

#[test]
fn ending_early_and_going_back_need_a_reason() {
    let mut stage = Stage::with_incident();
    let message = stage.refused("ana", RefusalKind::NotNow, to(Status::Closed));
    assert_eq!(message, "INC-1 is not resolved yet; resolve it first, or say why it is closed early");
    stage.refused("ana", RefusalKind::NotNow, because(Status::Closed, "  "));
    stage.ask("ana", to(Status::Resolved)).unwrap();
    stage.refused("ana", RefusalKind::NotNow, to(Status::Monitoring));
    stage.ask("ana", because(Status::Monitoring, "errors are back")).unwrap();
    assert_eq!(stage.incident(1).milestones.resolved, None);
    stage.ask("ana", because(Status::Closed, "same as INC-2")).unwrap();
    assert_eq!(stage.incident(1).status, Status::Closed);
}

#[test]
fn merging_and_cancelling_are_commands_of_their_own() {
    let mut stage = Stage::with_incident();
    stage.refused("ana", RefusalKind::Invalid, to(Status::Merged));
    stage.refused("ana", RefusalKind::Invalid, to(Status::Cancelled));
    let cancel = |reason: &str| Command::Cancel { incident: FIRST, reason: Text::clean(reason) };
    stage.refused("ana", RefusalKind::Invalid, cancel(""));
    stage.ask("ana", cancel("a test alert")).unwrap();
    assert!(stage.ask("bo", cancel("the same")).unwrap().events.is_empty());
}

#[test]
fn on_an_ended_incident_only_the_record_goes_on() {
    let mut stage = closed();
    let incident = FIRST;
    let note = Command::AddNote { incident, text: Text::clean("found it"), evidence: None };
    let summary = Command::ChangeSummary { incident, summary: Text::clean("a bad deploy") };
    for command in [note, summary] {
        stage.ask("ana", command).unwrap();
    }
    let severity = Command::ChangeSeverity { incident, severity: Severity::Sev0 };
    let join = Command::Join { incident, responder: None };
    for command in [severity, join, to(Status::Monitoring), Command::Acknowledge { incident }] {
        let message = stage.refused("ana", RefusalKind::NotNow, command);
        assert_eq!(message, "INC-1 is closed; reopen it first");
    }
}

#[test]
fn reopening_needs_a_reason_and_goes_back_to_work() {
    let mut stage = closed();
    let reopen = |reason: &str| Command::Reopen { incident: FIRST, reason: Text::clean(reason) };
    stage.refused("ana", RefusalKind::Invalid, reopen(""));
    stage.ask("ana", reopen("it is back")).unwrap();
    assert_eq!(stage.incident(1).status, Status::Investigating);
    assert_eq!(stage.incident(1).milestones.resolved, None);
    assert!(stage.ask("bo", reopen("yes")).unwrap().events.is_empty());
}

#[test]
fn what_ended_so_long_ago_that_terminals_forgot_it_is_not_reopened() {
    let mut stage = closed();
    for _ in 0..Room::RECENT {
        stage.ask("ana", declare("Another")).unwrap();
    }
    let reopen = Command::Reopen { incident: FIRST, reason: Text::clean("it is back") };
    let message = stage.refused("ana", RefusalKind::NotNow, reopen);
    assert_eq!(message, "INC-1 ended more than 200 incidents ago; declare a new one and link it");
    assert!(stage.room.for_terminals().incident(FIRST).is_none());
}

#[test]
fn a_merged_incident_goes_on_in_the_other_with_its_alerts_people_and_group() {
    let mut stage = Stage::new();
    let began = stage.now;
    stage.report(vec![critical("checkout", "HighErrorRate", began)]);
    stage.ask("ana", Command::Acknowledge { incident: FIRST }).unwrap();
    stage.ask("bo", declare("Payments fail")).unwrap();
    let merge = |from, into| Command::Merge { incident: IncidentId(from), into: IncidentId(into) };
    stage.refused("bo", RefusalKind::Invalid, merge(1, 1));
    let decision = stage.ask("bo", merge(1, 2)).unwrap();
    assert_eq!(kinds(&decision), ["incident.merged", "incident.absorbed"]);
    let target = stage.incident(2);
    assert_eq!((target.alerts.fired, target.alerts.firing, target.alerts.shown.len()), (1, 1, 1));
    assert!(target.responders.contains_key(&crate::domain::stage::handle("ana")));
    assert!(target.services.contains("checkout"));

    // More of the group, and the end of what fired before, arrive where it went on.
    stage.wait(60);
    let now = stage.now;
    let ended = crate::domain::stage::over(critical("checkout", "HighErrorRate", began), now);
    stage.report(vec![critical("checkout", "Saturation", now), ended]);
    assert_eq!((stage.incident(2).alerts.fired, stage.incident(2).alerts.firing), (2, 1));
    assert_eq!(stage.room.incidents.len(), 2);

    let message = stage.refused("ana", RefusalKind::NotNow, Command::Acknowledge { incident: FIRST });
    assert_eq!(message, "INC-1 was merged into INC-2; go on in INC-2");
    assert!(stage.ask("bo", merge(1, 2)).unwrap().events.is_empty());
    stage.refused("bo", RefusalKind::NotNow, merge(2, 1));
    stage.refused("bo", RefusalKind::NotNow, Command::Reopen { incident: FIRST, reason: Text::clean("no") });
}
