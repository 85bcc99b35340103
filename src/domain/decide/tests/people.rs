use crate::domain::command::{Command, RefusalKind};
use crate::domain::ids::TaskId;
use crate::domain::stage::{FIRST, Stage, handle, kinds, person};
use crate::domain::status::Status;
use crate::domain::task::TaskState;
use crate::domain::text::Line;

fn assign(role: &str, responder: Option<&str>) -> Command {
    Command::AssignRole { incident: FIRST, role: role.parse().unwrap(), responder: responder.map(handle) }
}

fn task(title: &str, owner: Option<&str>) -> Command {
    Command::AddTask {
        incident: FIRST,
        title: Line::clean(title),
        owner: owner.map(handle),
        stage: None,
        role: None,
        required: false,
        due: None,
    }
}

#[test]
fn whoever_is_given_a_role_joins_and_whoever_leaves_lays_it_down() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", assign("commander", Some("bo"))).unwrap();
    assert!(stage.ask("ana", assign("commander", Some("bo"))).unwrap().events.is_empty());
    assert!(stage.incident(1).responders.contains_key(&handle("bo")));
    let message = stage.refused("ana", RefusalKind::NotFound, assign("king", Some("bo")));
    assert_eq!(message, "there is no role “king”; the roles are: commander, operations, comms, scribe");
    let release = Command::Release { incident: FIRST, responder: handle("bo") };
    let decision = stage.ask("ana", release.clone()).unwrap();
    assert_eq!(kinds(&decision), ["role.vacated", "responder.released"]);
    assert!(stage.incident(1).roles.is_empty() && stage.incident(1).responders.is_empty());
    assert!(stage.ask("ana", release).unwrap().events.is_empty());
    assert!(stage.ask("ana", assign("commander", None)).unwrap().events.is_empty());
}

#[test]
fn a_role_that_went_to_somebody_else_meanwhile_is_stale() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", assign("commander", Some("bo"))).unwrap();
    let refusal = stage.ask_having_seen("cy", 1, assign("commander", Some("cy"))).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Stale);
    assert!(refusal.message.contains("commander is now @bo"), "{refusal}");
}

#[test]
fn only_people_join_by_themselves() {
    let mut stage = Stage::with_incident();
    let join = Command::Join { incident: FIRST, responder: None };
    stage.ask("ana", join.clone()).unwrap();
    assert!(stage.ask("ana", join.clone()).unwrap().events.is_empty());
    assert_eq!(stage.hub(join).unwrap_err().kind, RefusalKind::Forbidden);
}

#[test]
fn a_task_goes_from_hand_to_hand_until_it_is_done() {
    let mut stage = Stage::with_incident();
    assert_eq!(stage.ask("ana", task("Roll back", None)).unwrap().task, Some(TaskId(1)));
    assert_eq!(stage.ask("ana", task("Tell support", Some("bo"))).unwrap().task, Some(TaskId(2)));
    stage.refused("ana", RefusalKind::Invalid, task("", None));
    let (incident, first) = (FIRST, TaskId(1));
    stage.ask("ana", Command::AssignTask { incident, task: first, owner: handle("bo") }).unwrap();
    stage.ask("bo", Command::AcceptTask { incident, task: first }).unwrap();
    assert!(stage.ask("bo", Command::AcceptTask { incident, task: first }).unwrap().events.is_empty());
    stage.ask("cy", Command::AcceptTask { incident, task: first }).unwrap();
    let accepted = &stage.incident(1).tasks[&first];
    assert_eq!(accepted.owner, Some(handle("cy")));
    assert_eq!(accepted.state, TaskState::Accepted { at: stage.now });

    stage.ask("dee", Command::CompleteTask { incident, task: first }).unwrap();
    assert!(stage.ask("dee", Command::CompleteTask { incident, task: first }).unwrap().events.is_empty());
    let done = &stage.incident(1).tasks[&first];
    assert_eq!(done.state, TaskState::Done { at: stage.now, by: person("dee") });
    let again = Command::AssignTask { incident, task: first, owner: handle("ana") };
    let message = stage.refused("ana", RefusalKind::NotNow, again);
    assert_eq!(message, "T-1 “Roll back” is done already; reopen it first");
    stage.ask("ana", Command::ReopenTask { incident, task: first }).unwrap();
    assert_eq!(stage.incident(1).tasks[&first].state, TaskState::Open);
    for who in ["bo", "cy", "dee"] {
        assert!(stage.incident(1).responders.contains_key(&handle(who)), "{who}");
    }
}

#[test]
fn whoever_does_what_nobody_owned_owns_it() {
    let mut stage = Stage::with_incident();
    stage.ask("ana", task("Roll back", None)).unwrap();
    stage.ask("bo", Command::CompleteTask { incident: FIRST, task: TaskId(1) }).unwrap();
    assert_eq!(stage.incident(1).tasks[&TaskId(1)].owner, Some(handle("bo")));
}

#[test]
fn a_task_belongs_to_a_phase_in_which_work_is_done() {
    let mut stage = Stage::with_incident();
    let Command::AddTask { incident, title, owner, role, required, due, .. } = task("Roll back", None) else {
        unreachable!()
    };
    let stage_of = Some(Status::Closed);
    let command = Command::AddTask { incident, title, owner, stage: stage_of, role, required, due };
    stage.refused("ana", RefusalKind::Invalid, command);
    let missing = Command::CompleteTask { incident: FIRST, task: TaskId(7) };
    let message = stage.refused("ana", RefusalKind::NotFound, missing);
    assert_eq!(message, "INC-1 has no task T-7: it has no tasks yet; add one first");
}
