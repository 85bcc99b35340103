//! What calls for somebody about one SLO: its policies, and its annotations.

use super::alert::Policies;
use super::field::{Field, Report};
use super::object::Object;
use crate::slo::period::Period;
use crate::slo::policy::{AlertPolicy, Guards, Preset};
use crate::slo::promql;
use crate::slo::slo::{Cohort, Indicator, Objective};

/// Chooses a preset.
const ALERTING: &str = "warroom/alerting";
/// Switches the guards off.
const GUARDS: &str = "warroom/guards";
/// Tells the series of a canary from the others.
const CANARY: &str = "warroom/canary";

/// What is written under `alertPolicies` and in the annotations; nothing is said yet of what fits the objective.
pub(super) struct Alerting<'a> {
    written: Vec<(Field<'a>, AlertPolicy)>,
    /// Where it was chosen, if it was.
    preset: Option<(Field<'a>, Preset)>,
    guards: Guards,
    /// Where it is said how a canary is told, if it is.
    canary: Option<(Field<'a>, Cohort)>,
    /// Policies are written, and each of them has an error.
    all_wrong: bool,
}

impl<'a> Alerting<'a> {
    pub(super) fn read(
        object: &Object<'a>,
        period: Period,
        policies: &Policies,
        report: &mut Report,
    ) -> Self {
        let annotations = object.root.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let Annotated { preset, guards, canary } =
            annotations.map(|field| annotated(&field, report)).unwrap_or_default();
        let items = object.spec.get("alertPolicies").map(|list| list.items()).unwrap_or_default();
        let read = |item: &Field<'a>| Some((item.clone(), policies.listed(item, report)?));
        let mut written: Vec<_> = items.iter().filter_map(read).collect();
        let all_wrong = written.is_empty() && !items.is_empty();
        for (field, policy) in &mut written {
            within(period, field, policy, report);
        }
        if let Some((field, Preset::None)) = &preset
            && !items.is_empty()
        {
            report.warn(field, "nobody is called by the policies of this SLO, because `none` is chosen; remove one of the two");
        }
        Alerting { written, preset, guards, canary, all_wrong }
    }

    /// How the canary of one objective is told; nowhere but with counters, whose series can be told apart.
    pub(super) fn canary(&self, indicator: &Indicator, report: &mut Report) -> Option<Cohort> {
        let (field, cohort) = self.canary.as_ref()?;
        if !indicator.is_followed() {
            report.error(
                field,
                "a canary can only be told where both queries are counters; name the counters, or remove the annotation",
            );
            return None;
        }
        Some(cohort.clone())
    }

    /// The policies for one objective, which stands at `target`.
    pub(super) fn policies(
        &self,
        objective: Objective,
        period: Period,
        target: &Field<'_>,
        report: &mut Report,
    ) -> Vec<AlertPolicy> {
        let mut policies = Vec::new();
        let chosen = self.preset.as_ref().map(|(_, preset)| *preset);
        if chosen != Some(Preset::None) {
            for (field, policy) in &self.written {
                fits(objective, field, policy, report);
                policies.push(policy.clone());
            }
        }
        // Somebody wanted to be called. The usual pairs stand in until what was written can be read.
        let stand_in = self.written.is_empty() || self.all_wrong;
        let preset = chosen.or(stand_in.then_some(Preset::Workbook));
        if let Some(policy) = preset.and_then(|preset| preset.policy(period.duration())) {
            let place = self.preset.as_ref().map_or(target, |(field, _)| field);
            calls(objective, place, &policy, report);
            policies.push(policy);
        }
        policies.iter_mut().for_each(|policy| policy.guards = self.guards);
        policies
    }
}

#[derive(Default)]
struct Annotated<'a> {
    preset: Option<(Field<'a>, Preset)>,
    guards: Guards,
    canary: Option<(Field<'a>, Cohort)>,
}

fn annotated<'a>(annotations: &Field<'a>, report: &mut Report) -> Annotated<'a> {
    let mut annotated = Annotated::default();
    for (key, field) in annotations.fields().filter(|(key, _)| key.starts_with("warroom/")) {
        match key {
            ALERTING => {
                let written = field.text(report).unwrap_or_default();
                match Preset::ALL.into_iter().find(|preset| preset.name() == written) {
                    Some(found) => annotated.preset = Some((field, found)),
                    None => {
                        let known = Preset::ALL.map(Preset::name).join(", ");
                        report.error(
                            &field,
                            format!("`{written}` is no preset, so `workbook` is taken; write one of {known}"),
                        );
                    }
                }
            }
            GUARDS => match field.text(report).unwrap_or_default().as_str() {
                "on" => annotated.guards = Guards::default(),
                "off" => annotated.guards = Guards::OFF,
                _ => report.error(&field, "guards are on or off, and stay on; write `\"off\"` in quotes"),
            },
            CANARY => match field.text(report).unwrap_or_default().parse() {
                Ok(cohort) => annotated.canary = Some((field, cohort)),
                Err(error) => report.error(&field, format!("nothing tells the canary by this; {error}")),
            },
            _ => report.warn(
                &field,
                format!(
                    "`{key}` is no annotation of warroom and is ignored; it has {ALERTING}, {GUARDS} and {CANARY}"
                ),
            ),
        }
    }
    annotated
}

/// Nothing longer than the period is counted.
fn within(period: Period, field: &Field<'_>, policy: &mut AlertPolicy, report: &mut Report) {
    for pair in &mut policy.pairs {
        if pair.long > period.duration() {
            let long = promql::duration(pair.long);
            report.warn(field, format!("the policy `{}` looks back {long}, longer than the period of {period}, which is taken; write less", policy.name));
            pair.long = period.duration();
        }
    }
}

fn fits(objective: Objective, field: &Field<'_>, policy: &AlertPolicy, report: &mut Report) {
    for pair in policy.pairs.iter().filter(|pair| !pair.can_fire(objective)) {
        let (name, threshold) = (&policy.name, pair.threshold);
        report.warn(field, format!("the policy `{name}` can never call: its threshold is {threshold}, and a service that only fails burns {}; write less, or promise more", most(objective)));
    }
}

/// A preset is made for objectives that leave little; of one that leaves much, nobody may ever hear.
fn calls(objective: Objective, field: &Field<'_>, policy: &AlertPolicy, report: &mut Report) {
    let mut severities: Vec<_> = policy.pairs.iter().map(|pair| &pair.severity).collect();
    severities.dedup();
    for severity in severities {
        let mut pairs = policy.pairs.iter().filter(|pair| pair.severity == *severity);
        if !pairs.any(|pair| pair.can_fire(objective)) {
            report.warn(field, format!("nothing of severity `{severity}` can ever call at this objective: a service that only fails burns {}; write a policy with a lower threshold", most(objective)));
        }
    }
}

/// The burn of total failure: 1 / error budget.
fn most(objective: Objective) -> String {
    let text = format!("{:.2}", 1.0 / objective.error_budget());
    format!("{} times its budget", text.trim_end_matches('0').trim_end_matches('.'))
}
