//! What senders tell of changes, what becomes news of it, and what people say of it.

use crate::domain::actor::Actor;
use crate::domain::change::{
    Change, ChangeKind, ChangeReport, Changes, Judgement, Mark, Phase, StageReport, Verdict,
};
use crate::domain::command::{Command, Refusal, RefusalKind};
use crate::domain::decide::Decision;
use crate::domain::event::Event;
use crate::domain::incident::Incident;
use crate::domain::stage::{FIRST, Stage, kinds};
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

fn deploy(id: &str, phase: Phase, at: Option<Timestamp>) -> ChangeReport {
    ChangeReport {
        id: Some(Line::clean(id)),
        phase,
        at,
        service: Some(Line::clean("checkout")),
        version: Some(Line::clean("v1.2")),
        ..ChangeReport::new(ChangeKind::Deploy)
    }
}

fn send(stage: &mut Stage, changes: Vec<ChangeReport>) -> Result<Decision, Refusal> {
    let actor = Actor::Integration("ci".parse().unwrap());
    stage.submit(actor, None, Command::RecordChanges { changes })
}

fn only(stage: &Stage) -> &Change {
    assert_eq!(stage.room.changes.len(), 1);
    stage.room.changes.iter().next().unwrap()
}

fn mark(change: &str, mark: Option<Mark>) -> Command {
    Command::MarkChange { incident: FIRST, change: change.parse().unwrap(), mark, reason: None }
}

#[test]
fn phases_of_one_change_are_one_and_what_was_told_before_makes_no_entry() {
    let mut stage = Stage::new();
    let began = stage.now;
    let started = deploy("17", Phase::Started, Some(began));
    let decision = send(&mut stage, vec![started.clone()]).unwrap();
    assert_eq!(kinds(&decision), ["changes.recorded"]);
    assert_eq!(decision.change.unwrap().as_str(), "ci:17");
    assert!(send(&mut stage, vec![started.clone()]).unwrap().events.is_empty());
    stage.wait(120);
    let over = deploy("17", Phase::Succeeded, Some(stage.now));
    assert_eq!(kinds(&send(&mut stage, vec![over.clone(), over]).unwrap()), ["changes.recorded"]);
    assert!(send(&mut stage, vec![started]).unwrap().events.is_empty(), "the end is known already");
    let change = only(&stage);
    assert_eq!((change.phase, change.at, change.phase_at), (Phase::Succeeded, began, stage.now));
    assert_eq!(&*change.title, "checkout v1.2");
}

#[test]
fn a_phase_without_a_time_is_now_unless_it_was_heard_or_is_over() {
    let mut stage = Stage::new();
    let began = stage.now;
    send(&mut stage, vec![deploy("17", Phase::Started, None)]).unwrap();
    stage.wait(60);
    assert!(send(&mut stage, vec![deploy("17", Phase::Started, None)]).unwrap().events.is_empty());
    send(&mut stage, vec![deploy("17", Phase::Failed, None)]).unwrap();
    stage.wait(60);
    assert!(send(&mut stage, vec![deploy("17", Phase::Started, None)]).unwrap().events.is_empty());
    assert_eq!((only(&stage).at, only(&stage).phase), (began, Phase::Failed));
}

#[test]
fn a_canary_that_goes_on_is_news_at_each_of_its_stages() {
    let mut stage = Stage::new();
    for percent in [5_u8, 25, 25, 50] {
        stage.wait(60);
        let rollout = StageReport { percent: percent.try_into().ok(), ..StageReport::default() };
        let report = ChangeReport { rollout: Some(rollout), ..deploy("c", Phase::Started, None) };
        send(&mut stage, vec![report]).unwrap();
    }
    assert_eq!(stage.journal.len(), 3);
    assert_eq!(only(&stage).rollout.as_ref().unwrap().percent().unwrap().get(), 50);
}

#[test]
fn two_senders_may_give_the_same_name_and_what_has_none_is_a_change_of_its_own() {
    let mut stage = Stage::new();
    send(&mut stage, vec![deploy("17", Phase::Started, None)]).unwrap();
    stage.ask("ana", Command::RecordChanges { changes: vec![deploy("17", Phase::Failed, None)] }).unwrap();
    assert_eq!(stage.room.changes.len(), 2);
    for _ in 0..2 {
        stage.wait(1);
        send(&mut stage, vec![ChangeReport::new(ChangeKind::Config)]).unwrap();
    }
    assert_eq!(stage.room.changes.len(), 4);
}

#[test]
fn a_clock_that_is_ahead_is_put_right_for_a_sender_and_told_to_a_person() {
    let mut stage = Stage::new();
    let ahead = deploy("17", Phase::Started, Some(stage.now.plus(std::time::Duration::from_secs(3600))));
    send(&mut stage, vec![ahead.clone()]).unwrap();
    assert_eq!(only(&stage).at, stage.now);
    let command = Command::RecordChanges { changes: vec![ahead] };
    assert!(stage.refused("ana", RefusalKind::Invalid, command).contains("lies in the future"));
}

#[test]
fn what_a_sender_quotes_is_short_without_secrets_and_links_only_to_web_pages() {
    let mut stage = Stage::new();
    let report = ChangeReport {
        title: Line::clean(&format!("deploy with password=hunter2hunter2 {}", "x".repeat(900))),
        by: Some(Line::clean("")),
        link: Some(Line::clean("javascript:alert(1)")),
        ..deploy("17", Phase::Started, None)
    };
    send(&mut stage, vec![report]).unwrap();
    let change = only(&stage);
    assert!(!change.title.contains("hunter2") && change.title.chars().count() <= 201, "{}", change.title);
    assert_eq!((&change.by, &change.link), (&None, &None));
}

#[test]
fn nothing_and_too_much_are_refused_in_a_sentence() {
    let mut stage = Stage::new();
    for changes in [vec![], vec![ChangeReport::new(ChangeKind::Flag); 51]] {
        let command = Command::RecordChanges { changes };
        assert!(!stage.refused("ana", RefusalKind::Invalid, command).is_empty());
    }
}

#[test]
fn a_mark_stays_with_the_incident_when_the_room_lets_go_of_the_change() {
    let mut stage = Stage::with_incident();
    send(&mut stage, vec![deploy("17", Phase::Started, None)]).unwrap();
    let marked = stage.ask("ana", mark("ci:17", Some(Mark::Suspect))).unwrap();
    assert_eq!(kinds(&marked), ["change.marked"]);
    assert!(stage.ask("bo", mark("ci:17", Some(Mark::Suspect))).unwrap().events.is_empty());
    stage.wait(60);
    for batch in 0..Changes::KEPT / 50 {
        let many = (0..50).map(|number| deploy(&format!("{batch}-{number}"), Phase::Succeeded, None));
        send(&mut stage, many.collect()).unwrap();
    }
    assert!(stage.room.changes.get(&"ci:17".parse().unwrap()).is_none());
    assert_eq!(&*stage.incident(1).marks.values().next().unwrap().title, "checkout v1.2");
    stage.ask("bo", mark("ci:17", Some(Mark::Cleared))).unwrap();
    assert_eq!(kinds(&stage.ask("bo", mark("ci:17", None)).unwrap()), ["change.marked"]);
    assert!(stage.incident(1).marks.is_empty());
}

#[test]
fn a_mark_needs_a_change_and_room_and_goes_also_on_an_incident_that_ended() {
    let mut stage = Stage::with_incident();
    assert!(
        stage.refused("ana", RefusalKind::NotFound, mark("ci:1", Some(Mark::Held))).contains("change list")
    );
    let all: Vec<_> =
        (0..=Incident::MARKS).map(|number| deploy(&number.to_string(), Phase::Started, None)).collect();
    for part in all.chunks(50) {
        send(&mut stage, part.to_vec()).unwrap();
    }
    stage.ask("ana", Command::Cancel { incident: FIRST, reason: Text::clean("none") }).unwrap();
    for number in 0..Incident::MARKS {
        stage.ask("ana", mark(&format!("ci:{number}"), Some(Mark::Cleared))).unwrap();
    }
    let one_more = mark(&format!("ci:{}", Incident::MARKS), Some(Mark::Suspect));
    assert!(stage.refused("ana", RefusalKind::Overloaded, one_more).contains("take a mark back"));
}

#[test]
fn marks_go_on_in_the_incident_that_takes_over_and_do_not_overrule_its_own() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", crate::domain::stage::declare("Search is slow")).unwrap();
    send(&mut stage, vec![deploy("1", Phase::Started, None), deploy("2", Phase::Started, None)]).unwrap();
    stage.ask("ana", mark("ci:1", Some(Mark::Suspect))).unwrap();
    stage.ask("ana", mark("ci:2", Some(Mark::Suspect))).unwrap();
    let other = Command::MarkChange {
        incident: crate::domain::ids::IncidentId(2),
        change: "ci:2".parse().unwrap(),
        mark: Some(Mark::Cleared),
        reason: None,
    };
    stage.ask("bo", other).unwrap();
    let into = crate::domain::ids::IncidentId(2);
    stage.ask("ana", Command::Merge { incident: FIRST, into }).unwrap();
    let marks: Vec<Mark> = stage.incident(2).marks.values().map(|marked| marked.mark).collect();
    assert_eq!(marks, [Mark::Suspect, Mark::Cleared]);
    assert!(matches!(stage.journal.last().unwrap().event, Event::Absorbed { .. } | Event::Merged { .. }));
}

/// Of the hub alone: 25 % is worse, and what was counted of 10 % no longer matters.
#[test]
fn a_verdict_is_of_the_stage_that_goes_on_and_only_worse_comes_after_another() {
    let mut stage = Stage::new();
    let told = |percent: u8| {
        let rollout = StageReport { percent: percent.try_into().ok(), ..StageReport::default() };
        ChangeReport { rollout: Some(rollout), ..deploy("c", Phase::Started, None) }
    };
    let say = |stage: &mut Stage, since: Timestamp, verdict: Verdict| {
        let change = only(stage).clone();
        let percent = change.rollout.as_ref().unwrap().percent();
        let judgement = Judgement { verdict, percent, since, at: stage.now, reasons: Vec::new() };
        let decided = stage.submit(Actor::Hub, None, Command::JudgeRollout { change: change.id, judgement });
        decided.unwrap().events.len()
    };
    let since = |stage: &Stage| only(stage).rollout.clone().unwrap().since().unwrap();
    send(&mut stage, vec![told(10)]).unwrap();
    let ten = since(&stage);
    assert_eq!(say(&mut stage, ten, Verdict::NotEnoughData { more_requests: Some(40) }), 0);
    assert_eq!(say(&mut stage, ten, Verdict::Same), 1);
    assert_eq!(say(&mut stage, ten, Verdict::Better), 0, "the first stands");
    stage.wait(60);
    send(&mut stage, vec![told(25)]).unwrap();
    assert_eq!(only(&stage).rollout.clone().unwrap().judgement(), None, "nothing is counted of it yet");
    assert_eq!(say(&mut stage, ten, Verdict::Worse), 0, "it was of the stage before");
    let quarter = since(&stage);
    assert_eq!(say(&mut stage, quarter, Verdict::Same), 1);
    assert_eq!(say(&mut stage, quarter, Verdict::Worse), 1);
    assert_eq!(say(&mut stage, quarter, Verdict::Same), 0);
    let known = only(&stage).rollout.clone().unwrap();
    assert_eq!(known.judgement().map(|judgement| judgement.verdict), Some(Verdict::Worse));
    assert_eq!(known.stages.len(), 2);
}
