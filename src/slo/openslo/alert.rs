//! `AlertCondition` and `AlertPolicy` objects, and the same written inside one another.

use std::time::Duration;

use super::field::{Field, Report};
use super::named::Named;
use super::node::Value;
use super::object::{self, Kind, Object};
use crate::domain::text::Line;
use crate::slo::policy::{AlertPolicy, Guards, NoData, Pair};
use crate::slo::window::{Window, WindowError};

/// What is called when a condition names no severity.
const SEVERITY: &str = "page";

/// Samples that are away for less are most often a scrape that failed.
const NO_DATA_AFTER: Duration = Duration::from_secs(300);

pub(super) struct Policies {
    conditions: Named<Pair>,
    policies: Named<AlertPolicy>,
}

impl Policies {
    pub(super) fn new() -> Self {
        Policies { conditions: Named::new("AlertCondition"), policies: Named::new("AlertPolicy") }
    }

    /// All conditions are read before the first policy, which may name them.
    pub(super) fn read_condition(&mut self, object: &Object<'_>, report: &mut Report) {
        let pair = condition(&object.spec, report);
        self.conditions.add(object, pair, report);
    }

    pub(super) fn read(&mut self, object: &Object<'_>, report: &mut Report) {
        let policy = self.policy(&object.name, &object.spec, report);
        self.policies.add(object, policy, report);
    }

    /// What stands in a list of policies: a name, a reference to a policy or to a condition, or one of them itself.
    pub(super) fn listed(&self, item: &Field<'_>, report: &mut Report) -> Option<AlertPolicy> {
        match &item.node.value {
            Value::Text(_) => return self.policies.find(item, report),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {}
        }
        if let Some(reference) = item.get("alertPolicyRef") {
            item.warn_of_unknown(&["alertPolicyRef"], report);
            return self.policies.find(&reference, report);
        }
        if let Some(reference) = item.get("conditionRef") {
            item.warn_of_unknown(&["conditionRef"], report);
            let pair = self.conditions.find(&reference, report)?;
            return Some(single(&reference.text(report)?, pair));
        }
        let (kind, name, spec) = inline(item, &[Kind::AlertPolicy, Kind::AlertCondition], report)?;
        match kind {
            Kind::AlertCondition => Some(single(&name, condition(&spec, report)?)),
            _ => self.policy(&name, &spec, report),
        }
    }

    fn policy(&self, name: &str, spec: &Field<'_>, report: &mut Report) -> Option<AlertPolicy> {
        if let Some(targets) = spec.get("notificationTargets").filter(|targets| !targets.items().is_empty()) {
            report.warn(&targets, "notification targets of OpenSLO are not used yet: the policy raises an alert in the room, and the hub's settings say what that declares and whom it tells");
        }
        let on_breach = flag(spec, "alertWhenBreaching", report);
        let on_no_data = flag(spec, "alertWhenNoData", report).unwrap_or(false);
        flag(spec, "alertWhenResolved", report);
        let pairs = self.conditions(spec, report)?;
        let no_data = pairs.first().filter(|_| on_no_data).map(|pair| NoData {
            after: pair.alert_after.max(NO_DATA_AFTER),
            severity: pair.severity.clone(),
        });
        if on_breach.is_none() {
            report.warn(spec, "`alertWhenBreaching` is not given, so the policy calls when its condition is met; write `alertWhenBreaching: true`");
        }
        let pairs = if on_breach.unwrap_or(true) { pairs } else { Vec::new() };
        if pairs.is_empty() && no_data.is_none() {
            report.warn(spec, "this policy calls nobody: neither alertWhenBreaching nor alertWhenNoData is true; set one of them");
        }
        Some(AlertPolicy { name: Line::clean(name), pairs, no_data, guards: Guards::default() })
    }

    /// `None` when there is none that can be used.
    fn conditions(&self, spec: &Field<'_>, report: &mut Report) -> Option<Vec<Pair>> {
        let list = spec.required("conditions", report)?;
        let items = list.items();
        if items.is_empty() {
            report.error(&list, "the policy has no condition; add one, or a conditionRef");
        }
        if let [_, second, ..] = items.as_slice() {
            report.warn(second, "a policy of OpenSLO v1 has one condition; each of these is enough to call somebody. Make a policy of each to say so");
        }
        let pairs: Vec<Pair> = items.iter().filter_map(|item| self.condition(item, report)).collect();
        (!pairs.is_empty()).then_some(pairs)
    }

    fn condition(&self, item: &Field<'_>, report: &mut Report) -> Option<Pair> {
        if matches!(item.node.value, Value::Text(_)) {
            return self.conditions.find(item, report);
        }
        if let Some(reference) = item.get("conditionRef") {
            item.warn_of_unknown(&["conditionRef"], report);
            return self.conditions.find(&reference, report);
        }
        let (_, _, spec) = inline(item, &[Kind::AlertCondition], report)?;
        condition(&spec, report)
    }
}

fn single(name: &str, pair: Pair) -> AlertPolicy {
    AlertPolicy { name: Line::clean(name), pairs: vec![pair], no_data: None, guards: Guards::default() }
}

/// An object that is written where it is used.
fn inline<'a>(item: &Field<'a>, kinds: &[Kind], report: &mut Report) -> Option<(Kind, String, Field<'a>)> {
    let usual = kinds.first().copied()?;
    let kind = match item.get("kind") {
        Some(field) => {
            let written = field.text(report)?;
            let Some(kind) = kinds.iter().copied().find(|kind| kind.name() == written) else {
                report.error(&field, format!("`{written}` cannot stand here; write {}", usual.name()));
                return None;
            };
            kind
        }
        None => usual,
    };
    item.warn_of_unknown(&["apiVersion", "kind", "metadata", "spec"], report);
    let name = item.get("metadata").and_then(|metadata| object::name(&metadata, report));
    let spec = item.required("spec", report)?;
    spec.warn_of_unknown(kind.spec(), report);
    Some((kind, name.unwrap_or_else(|| usual.name().to_owned()), spec))
}

/// The burn of one window over a threshold.
fn condition(spec: &Field<'_>, report: &mut Report) -> Option<Pair> {
    let severity = match spec.get("severity") {
        Some(field) => field.text(report)?,
        None => {
            report.warn(spec, format!("`severity` is missing, so `{SEVERITY}` is taken; add it"));
            SEVERITY.to_owned()
        }
    };
    let written = spec.required("condition", report)?;
    written.warn_of_unknown(&["kind", "op", "threshold", "lookbackWindow", "alertAfter"], report);
    is_burn(&written, report)?;
    operator(&written, report)?;
    let threshold = threshold(&written, report);
    let long = written.required("lookbackWindow", report).and_then(|field| length(&field, report));
    let alert_after = match written.get("alertAfter") {
        Some(field) => span(&field, report)?,
        None => Duration::ZERO,
    };
    Some(Pair {
        severity: Line::clean(&severity),
        long: long?.duration(),
        short: None,
        threshold: threshold?,
        alert_after,
    })
}

fn is_burn(condition: &Field<'_>, report: &mut Report) -> Option<()> {
    let Some(field) = condition.get("kind") else {
        report.warn(condition, "`kind` is missing, so burnrate is taken; write `kind: burnrate`");
        return Some(());
    };
    let kind = field.text(report)?;
    if kind.eq_ignore_ascii_case("burnrate") {
        return Some(());
    }
    report.error(&field, format!("conditions of kind `{kind}` are not known; OpenSLO v1 has burnrate"));
    None
}

/// A burn that is too low is no reason to call, whatever is written: examples of OpenSLO itself say "exceeds 2" and write lte.
fn operator(condition: &Field<'_>, report: &mut Report) -> Option<()> {
    let Some(field) = condition.get("op") else {
        report.warn(condition, "`op` is missing, so gte is taken; write `op: gte`");
        return Some(());
    };
    match field.text(report)?.as_str() {
        "gt" | "gte" => Some(()),
        op @ ("lt" | "lte") => {
            report.warn(
                &field,
                format!("`{op}` would call while all is well, so it is read as gte; write `op: gte`"),
            );
            Some(())
        }
        op => {
            report.error(&field, format!("`{op}` is no operator of OpenSLO; write gte"));
            None
        }
    }
}

fn threshold(condition: &Field<'_>, report: &mut Report) -> Option<f64> {
    let field = condition.required("threshold", report)?;
    let threshold = field.number(report)?;
    if !threshold.is_finite() || threshold <= 0.0 {
        report.error(
            &field,
            "a threshold is a burn rate above 0; write 1 for what spends exactly the budget, or more",
        );
        return None;
    }
    if threshold < 1.0 {
        report.warn(&field, format!("a burn of {threshold} stays within the budget and calls somebody all the same; write 1 or more"));
    }
    Some(threshold)
}

fn length(field: &Field<'_>, report: &mut Report) -> Option<Window> {
    field.text(report)?.parse().map_err(|error: WindowError| report.error(field, error.to_string())).ok()
}

/// A length of time that may be nothing: `0m`.
fn span(field: &Field<'_>, report: &mut Report) -> Option<Duration> {
    match field.text(report)?.parse::<Window>() {
        Ok(window) => Some(window.duration()),
        Err(WindowError::Zero) => Some(Duration::ZERO),
        Err(error @ (WindowError::Shape | WindowError::NoUnit | WindowError::TooLong)) => {
            report.error(field, error.to_string());
            None
        }
    }
}

/// `None` when it is not there, or is neither true nor false, which is said.
fn flag(spec: &Field<'_>, key: &str, report: &mut Report) -> Option<bool> {
    let field = spec.get(key)?;
    match field.node.value {
        Value::Bool(value) => Some(value),
        Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            report.error(&field, format!("this is neither true nor false; write `{key}: true`"));
            None
        }
    }
}
