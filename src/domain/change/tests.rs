//! What senders get wrong: the order, the number of times, and names that no path could carry.

use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_442_400_000 + seconds * 1000)
}

fn phase_of(id: &str, phase: Phase, seconds: i64) -> Change {
    Change {
        id: id.parse().unwrap(),
        source: "ci".parse().unwrap(),
        kind: ChangeKind::Deploy,
        at: at(seconds),
        phase,
        phase_at: at(seconds),
        service: Some(Line::clean("checkout")),
        environment: None,
        version: None,
        by: None,
        title: Line::clean(&format!("{phase} at {seconds}")),
        link: None,
        rollout: None,
    }
}

fn any_phase() -> impl Strategy<Value = Change> {
    let stage = prop::option::of((prop::option::of(0_u8..3), "[ab]"));
    (proptest::sample::select(Phase::ALL), 0_i64..6, stage).prop_map(|(phase, seconds, stage)| {
        let rollout = stage.map(|(percent, name)| {
            let percent = percent.and_then(|percent| Percent::try_from(percent).ok());
            Rollout::of(StageReport { name: Line::clean(&name), percent, verdict: None }, at(seconds))
        });
        Change { rollout, ..phase_of("ci:1", phase, seconds) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_phases_of_a_change_come_to_the_same_in_any_order_and_number(
        heard in prop::collection::vec(any_phase(), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..24),
    ) {
        let mut told = Changes::default();
        heard.iter().for_each(|change| told.hear(change));
        let mut otherwise = Changes::default();
        for index in order {
            otherwise.hear(index.get(&heard));
        }
        heard.iter().rev().for_each(|change| otherwise.hear(change));
        prop_assert_eq!(&told, &otherwise);
        let change = told.iter().next().unwrap();
        prop_assert_eq!(change.at, heard.iter().map(|one| one.at).min().unwrap());
        prop_assert_eq!(change.phase_at, heard.iter().map(|one| one.phase_at).max().unwrap());
    }

    #[test]
    fn only_the_newest_are_kept_in_whatever_order_they_are_heard_of(
        mut seconds in Just((0..Changes::KEPT as i64 + 40).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut changes = Changes::default();
        for seconds in &seconds {
            changes.hear(&phase_of(&format!("ci:{seconds}"), Phase::Succeeded, *seconds));
        }
        prop_assert_eq!(changes.len(), Changes::KEPT);
        seconds.sort();
        let kept = changes.newest_first().iter().rev().map(|change| change.at).collect::<Vec<_>>();
        let newest = seconds[seconds.len() - Changes::KEPT..].iter().map(|seconds| at(*seconds)).collect::<Vec<_>>();
        prop_assert_eq!(kept, newest);
    }

    #[test]
    fn any_name_makes_an_id_that_a_path_can_carry_and_no_two_names_the_same(a in ".{0,300}", b in ".{0,300}") {
        let (ci, cd): (Handle, Handle) = ("ci".parse().unwrap(), "cd".parse().unwrap());
        let id = ChangeId::of(&ci, &a);
        prop_assert_eq!(id.as_str().parse::<ChangeId>(), Ok(id.clone()));
        prop_assert!(a == b || id != ChangeId::of(&ci, &b));
        prop_assert!(id != ChangeId::of(&cd, &a));
    }
}

#[test]
fn an_end_is_not_undone_by_a_beginning_that_comes_late_and_what_begins_again_is_under_way() {
    let (started, over) = (phase_of("ci:1", Phase::Started, 0), phase_of("ci:1", Phase::Failed, 60));
    let late = over.folded(&started);
    assert_eq!((late.phase, late.at, late.phase_at), (Phase::Failed, at(0), at(60)));
    let again = late.folded(&phase_of("ci:1", Phase::Started, 90));
    assert_eq!((again.phase, again.at, again.phase_at), (Phase::Started, at(0), at(90)));
    let same_second = phase_of("ci:1", Phase::Started, 60).folded(&phase_of("ci:1", Phase::Succeeded, 60));
    assert_eq!(same_second.phase, Phase::Succeeded);
}

#[test]
fn what_one_phase_does_not_say_another_may_have_said() {
    let mut started = phase_of("ci:1", Phase::Started, 0);
    started.link = Some(Line::clean("https://ci.example/1"));
    let mut over = phase_of("ci:1", Phase::Succeeded, 60);
    (over.service, over.version) = (None, Some(Line::clean("v1.2")));
    let known = started.folded(&over);
    assert_eq!(known.service.as_deref(), Some("checkout"));
    assert_eq!(known.version.as_deref(), Some("v1.2"));
    assert_eq!(known.link.as_deref(), Some("https://ci.example/1"));
}

#[test]
fn names_are_taken_as_people_write_them() {
    assert_eq!("rolled-back".parse(), Ok(Mark::RolledBack));
    assert_eq!("Deploy".parse(), Ok(ChangeKind::Deploy));
    assert_eq!(serde_json::to_string(&Mark::RolledBack).unwrap(), "\"rolled_back\"");
    assert_eq!("25 %".parse::<Percent>().unwrap().get(), 25);
    for raw in ["101", "-1", "many", ""] {
        assert!(raw.parse::<Percent>().is_err(), "{raw}");
    }
    assert!(serde_json::from_str::<Percent>("101").is_err());
}
