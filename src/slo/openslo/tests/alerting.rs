//! Who is called by what is written, and by what is not.

use std::time::Duration;

use super::*;
use crate::domain::text::Line;
use crate::slo::policy::{AlertPolicy, Guards, Pair, Preset};

const POLICY: &str = "
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: burns-fast}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burns-fast}
spec:
  severity: page-eu
  condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
";

/// The document of the checkout, with policies, an annotation, and the objects that these may name.
fn with(policies: &str, annotations: &str, objects: &str) -> Reading {
    let text = CHECKOUT
        .replacen(
            "metadata: {name: checkout}",
            &format!("metadata: {{name: checkout, annotations: {{{annotations}}}}}"),
            1,
        )
        .replacen("    - target: 0.999", &format!("    - target: 0.999\n  alertPolicies: {policies}"), 1);
    read_one(&format!("{text}{objects}"))
}

fn policies(reading: &Reading) -> &[AlertPolicy] {
    let [slo] = reading.slos.as_slice() else { panic!("one SLO: {:#?}", said(reading)) };
    &slo.policies
}

fn names(reading: &Reading) -> Vec<&str> {
    policies(reading).iter().map(|policy| policy.name.as_str()).collect()
}

fn fast() -> Pair {
    Pair {
        severity: Line::clean("page-eu"),
        long: Duration::from_secs(3_600),
        short: None,
        threshold: 14.4,
        alert_after: Duration::from_secs(300),
    }
}

#[test]
fn a_policy_is_the_same_however_it_is_written() {
    let condition = POLICY.split_once("kind: AlertCondition").unwrap().1;
    let (_, condition) = condition.split_once("spec:").unwrap();
    let condition = condition.trim_start_matches('\n').lines().map(|line| format!("              {line}\n"));
    let condition: String = condition.collect();
    let inlined = format!(
        "
    - kind: AlertPolicy
      metadata: {{name: fast}}
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {{name: burns-fast}}
            spec:
{condition}"
    );
    for written in ["[fast]", "[{alertPolicyRef: fast}]", inlined.as_str()] {
        let reading = with(written, "", POLICY);
        assert_eq!(said(&reading), Vec::<String>::new(), "{written}");
        let [policy] = policies(&reading) else { panic!("one policy: {written}") };
        assert_eq!(
            (policy.name.as_str(), policy.pairs.as_slice()),
            ("fast", [fast()].as_slice()),
            "{written}"
        );
        assert_eq!((&policy.no_data, policy.guards), (&None, Guards::default()));
    }
    let reading = with("[{conditionRef: burns-fast}]", "", POLICY);
    assert_eq!(policies(&reading)[0].pairs, [fast()]);
}

#[test]
fn each_policy_is_enough_and_stands_beside_the_others() {
    let second = POLICY
        .replace("name: fast", "name: slow")
        .replace("conditionRef: burns-fast", "conditionRef: burns-slow");
    let second = second.replace("name: burns-fast", "name: burns-slow").replace("14.4", "1");
    let reading = with("[fast, {alertPolicyRef: slow}]", "", &format!("{POLICY}{second}"));
    assert_eq!(names(&reading), ["fast", "slow"]);
    assert_eq!(said(&reading), Vec::<String>::new());
    assert_eq!(policies(&reading)[1].pairs[0].threshold, 1.0);
}

#[test]
fn without_a_policy_the_workbook_calls_and_an_annotation_chooses_another() {
    for (annotation, expected) in [
        ("", vec!["workbook"]),
        ("warroom/alerting: workbook", vec!["workbook"]),
        ("warroom/alerting: page", vec!["page"]),
        ("warroom/alerting: none", vec![]),
        ("other.example/alerting: none", vec!["workbook"]),
    ] {
        let reading = with("", annotation, "");
        assert_eq!((names(&reading), said(&reading)), (expected, Vec::new()), "{annotation}");
    }
    let reading = with("[fast]", "warroom/alerting: page", POLICY);
    assert_eq!(names(&reading), ["fast", "page"]);
    let reading = with("[fast]", "warroom/alerting: none", POLICY);
    assert_eq!(names(&reading), Vec::<&str>::new());
    assert!(said(&reading).concat().contains("nobody is called by the policies"), "{:?}", said(&reading));
    let reading = with("[fast]", "warroom/guards: 'off'", POLICY);
    assert_eq!((policies(&reading)[0].guards, said(&reading)), (Guards::OFF, Vec::new()));
}

#[test]
fn what_is_odd_about_a_policy_is_warned_of_and_it_calls_all_the_same() {
    for (from, to, path, words) in [
        ("op: gte", "op: lte", "spec.condition.op", "read as gte"),
        ("op: gte, ", "", "spec.condition", "`op` is missing"),
        ("kind: burnrate, ", "", "spec.condition", "`kind` is missing"),
        ("  severity: page-eu\n", "", "spec", "`page` is taken"),
        ("threshold: 14.4", "threshold: 0.5", "spec.condition.threshold", "within the budget"),
        ("threshold: 14.4", "threshold: 1000", "spec.alertPolicies[0]", "burns 1000 times"),
        ("lookbackWindow: 1h", "lookbackWindow: 4w", "", ""),
        (
            "lookbackWindow: 1h",
            "lookbackWindow: 30d",
            "spec.alertPolicies[0]",
            "longer than the period of 28d",
        ),
        ("alertAfter: 5m", "alertAfter: 0m", "", ""),
        (", alertAfter: 5m", "", "", ""),
        ("  alertWhenBreaching: true\n", "", "spec", "alertWhenBreaching"),
        ("alertWhenBreaching: true", "alertWhenBreaching: false", "spec", "calls nobody"),
        (
            "  conditions:",
            "  notificationTargets: [{targetRef: mail}]\n  conditions:",
            "spec.notificationTargets",
            "not used yet",
        ),
        ("[{conditionRef: burns-fast}]", "[burns-fast, burns-fast]", "spec.conditions[1]", "one condition"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        let reading = with("[fast]", "", &POLICY.replacen(from, to, 1));
        assert_eq!(names(&reading), ["fast"], "{to}");
        let found = || reading.findings.iter().map(|finding| (finding.level, finding.path.as_str()));
        let expected = (!path.is_empty()).then_some((Level::Warning, path));
        assert_eq!(found().collect::<Vec<_>>(), Vec::from_iter(expected), "{to}: {:?}", said(&reading));
        assert!(said(&reading).concat().contains(words), "{to}: {:?}", said(&reading));
    }
}

#[test]
fn who_wanted_to_be_called_is_called_by_the_usual_pairs_until_it_can_be_read() {
    for (from, to, path) in [
        ("kind: burnrate", "kind: latency", "spec.condition.kind"),
        ("op: gte", "op: above", "spec.condition.op"),
        ("threshold: 14.4", "threshold: 0", "spec.condition.threshold"),
        ("threshold: 14.4", "threshold: .nan", "spec.condition.threshold"),
        ("threshold: 14.4, ", "", "spec.condition.threshold"),
        ("lookbackWindow: 1h, ", "", "spec.condition.lookbackWindow"),
        ("lookbackWindow: 1h", "lookbackWindow: 0h", "spec.condition.lookbackWindow"),
        ("alertAfter: 5m", "alertAfter: soon", "spec.condition.alertAfter"),
        ("conditionRef: burns-fast", "conditionRef: burns", "spec.conditions[0].conditionRef"),
        ("[{conditionRef: burns-fast}]", "[]", "spec.conditions"),
        ("name: fast", "name: quick", "spec.alertPolicies[0]"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        let reading = with("[fast]", "", &POLICY.replacen(from, to, 1));
        assert_eq!(names(&reading), ["workbook"], "{to}");
        let found = |finding: &Finding| finding.level == Level::Error && finding.path.as_str() == path;
        assert!(reading.findings.iter().any(found), "{to}: {:#?}", said(&reading));
    }
    let reading = with("", "warroom/alerting: pages", "");
    assert_eq!(names(&reading), ["workbook"]);
    assert!(reading.has_errors());
}

#[test]
fn absent_data_calls_where_a_policy_says_so() {
    let told = |policy: &str| {
        let reading = with("[fast]", "", policy);
        let policy = policies(&reading)[0].clone();
        (policy.pairs.len(), policy.no_data)
    };
    let wanted = POLICY.replacen(
        "  alertWhenBreaching: true\n",
        "  alertWhenBreaching: true\n  alertWhenNoData: true\n",
        1,
    );
    let (pairs, no_data) = told(&wanted);
    let no_data = no_data.unwrap();
    assert_eq!((pairs, no_data.after.as_secs(), no_data.severity.as_str()), (1, 300, "page-eu"));
    let (_, no_data) = told(&wanted.replace("alertAfter: 5m", "alertAfter: 30m"));
    assert_eq!(no_data.unwrap().after.as_secs(), 1_800);
    let (pairs, no_data) = told(&wanted.replace("alertWhenBreaching: true", "alertWhenBreaching: false"));
    assert_eq!((pairs, no_data.is_some()), (0, true));
}

#[test]
fn an_objective_of_which_nobody_would_ever_hear_says_so() {
    // Half of the requests may fail: total failure burns the budget twice as fast as allowed.
    let reading = changed("target: 0.999", "target: 0.5");
    let told = said(&reading).concat();
    assert!(told.contains("`page` can ever call") && told.contains("burns 2 times"), "{told}");
    assert_eq!(names(&reading), [Preset::Workbook.name()]);
}
