//! `SLO` objects: one `Slo` for each objective.

use super::datasource::DataSources;
use super::field::{Field, Report};
use super::node::Value;
use super::object::Object;
use super::sli::{self, Indicators, Measured};
use crate::domain::text::Line;
use crate::slo::slo::{Objective, Slo};
use crate::slo::window::{Unit, Window, WindowError};

/// More objectives of one document are not measured: each costs queries on every poll.
const MAX_OBJECTIVES: usize = 20;

/// Everything is looked at before anything is given up, so that one run finds all mistakes.
pub(super) fn read(
    object: &Object<'_>,
    indicators: &Indicators,
    sources: &DataSources,
    report: &mut Report,
) -> Vec<Slo> {
    let service = service(object, report);
    let measured = indicator(&object.spec, indicators, sources, report);
    let window = window(&object.spec, report);
    let method = occurrences(&object.spec, report);
    let mut ignored = Vec::new();
    if method.is_some() {
        ignored.extend([("timeSliceTarget", "Occurrences"), ("timeSliceWindow", "Occurrences")]);
    }
    if measured.is_some() || is_ratio(&object.spec) {
        ignored.extend([("op", "a ratio"), ("value", "a ratio")]);
    }
    let objectives = objectives(object, &ignored, report);
    if let Some(policies) = object.spec.get("alertPolicies").filter(|policies| !policies.items().is_empty()) {
        report.warn(
            &policies,
            "alert policies are not computed yet: the burn is shown, and nobody is alerted by them",
        );
    }
    let (Some(service), Some(measured), Some(window), Some(())) = (service, measured, window, method) else {
        return Vec::new();
    };
    let Measured { indicator, source } = measured;
    objectives
        .into_iter()
        .map(|(name, objective)| Slo {
            name,
            service: service.clone(),
            objective,
            window,
            indicator: indicator.clone(),
            source: source.clone(),
        })
        .collect()
}

fn service(object: &Object<'_>, report: &mut Report) -> Option<Line> {
    match object.spec.get("service") {
        Some(field) => Some(Line::clean(&field.text(report)?)),
        None => {
            report.warn(
                &object.spec,
                "`service` is missing, so the SLO stands for itself; name the service it belongs to",
            );
            Some(Line::clean(&object.name))
        }
    }
}

fn indicator(
    spec: &Field<'_>,
    indicators: &Indicators,
    sources: &DataSources,
    report: &mut Report,
) -> Option<Measured> {
    match (spec.get("indicator"), spec.get("indicatorRef")) {
        (Some(_), Some(reference)) => {
            report.error(&reference, "there are both indicator and indicatorRef; remove one of them");
            None
        }
        (Some(written), None) => sli::inline(&written, sources, report),
        (None, Some(reference)) => indicators.find(&reference, report),
        (None, None) => {
            report.error(spec, "there is neither indicator nor indicatorRef; add one of them");
            None
        }
    }
}

/// Whether the indicator is written here and is a ratio, be it one that can be measured or not.
fn is_ratio(spec: &Field<'_>) -> bool {
    spec.get("indicator").and_then(|written| written.get("spec")?.get("ratioMetric")).is_some()
}

fn window(spec: &Field<'_>, report: &mut Report) -> Option<Window> {
    let field = spec.get("timeWindow");
    let items = field.as_ref().map(Field::items).unwrap_or_default();
    let item = match items.as_slice() {
        [item] => item,
        [] => {
            let line = spec.line();
            let message =
                format!("`timeWindow` is missing, so {} rolling are taken; add it", Window::FOUR_WEEKS);
            report.add(crate::slo::Level::Warning, line, "spec.timeWindow", &message);
            return Some(Window::FOUR_WEEKS);
        }
        [_, second, ..] => {
            for item in &items {
                item.get("duration").and_then(|field| duration(&field, report));
            }
            report.error(second, "an SLO has exactly one time window; make another SLO of this one");
            return None;
        }
    };
    item.warn_of_unknown(&["duration", "isRolling", "calendar"], report);
    let window = duration(&item.required("duration", report)?, report)?;
    if let Some(calendar) = item.get("calendar") {
        report.error(
            &calendar,
            "calendar windows are not computed yet; use a rolling one (isRolling: true, no calendar)",
        );
        return None;
    }
    match item.get("isRolling").map(|field| (field.node.value.clone(), field)) {
        None | Some((Value::Bool(true), _)) => Some(window),
        Some((Value::Bool(false), field)) => {
            report.error(&field, "a window that does not roll is not computed yet; write `isRolling: true`");
            None
        }
        Some((_, field)) => {
            report.error(&field, "this is neither true nor false; write `isRolling: true`");
            None
        }
    }
}

fn duration(field: &Field<'_>, report: &mut Report) -> Option<Window> {
    match field.text(report)?.parse::<Window>() {
        Ok(window) => {
            if window.unit() == Unit::Minute {
                report.warn(field, format!("`{window}` is a period of minutes; write M for months"));
            }
            Some(window)
        }
        Err(
            error @ (WindowError::Shape | WindowError::NoUnit | WindowError::Zero | WindowError::TooLong),
        ) => {
            report.error(field, error.to_string());
            None
        }
    }
}

fn occurrences(spec: &Field<'_>, report: &mut Report) -> Option<()> {
    let Some(field) = spec.get("budgetingMethod") else {
        let message = "`budgetingMethod` is missing, so Occurrences is taken; add it";
        report.add(crate::slo::Level::Warning, spec.line(), "spec.budgetingMethod", message);
        return Some(());
    };
    match field.text(report)?.as_str() {
        "Occurrences" => Some(()),
        method @ ("Timeslices" | "RatioTimeslices") => {
            report.error(&field, format!("budgeting by {method} is not computed yet; use Occurrences"));
            None
        }
        other => {
            report.error(&field, format!("`{other}` is no budgeting method of OpenSLO; write Occurrences"));
            None
        }
    }
}

/// `ignored` names the fields that mean nothing here, and for what they mean nothing.
fn objectives(object: &Object<'_>, ignored: &[(&str, &str)], report: &mut Report) -> Vec<(Line, Objective)> {
    let Some(list) = object.spec.required("objectives", report) else { return Vec::new() };
    let items = list.items();
    if items.is_empty() {
        report.error(&list, "there is no objective; add one with a target");
    }
    if items.len() > MAX_OBJECTIVES {
        report
            .error(&list, format!("only the first {MAX_OBJECTIVES} objectives are measured; split the SLO"));
    }
    let several = items.len() > 1;
    let mut read = Vec::new();
    for (number, item) in (1..).zip(items.iter().take(MAX_OBJECTIVES)) {
        let Some(objective) = objective(item, ignored, report) else { continue };
        let name = match item.get("displayName").and_then(|field| field.text(report)) {
            _ if !several => Line::clean(&object.name),
            Some(display) => Line::clean(&format!("{}/{display}", object.name)),
            None => Line::clean(&format!("{}/{number}", object.name)),
        };
        read.push((name, objective));
    }
    read
}

fn objective(item: &Field<'_>, ignored: &[(&str, &str)], report: &mut Report) -> Option<Objective> {
    const KNOWN: [&str; 10] = [
        "displayName",
        "op",
        "value",
        "target",
        "targetPercent",
        "timeSliceTarget",
        "timeSliceWindow",
        "indicator",
        "indicatorRef",
        "compositeWeight",
    ];
    item.warn_of_unknown(&KNOWN, report);
    for (key, field) in item.fields() {
        if let Some((_, what)) = ignored.iter().find(|(name, _)| *name == key) {
            report.warn(&field, format!("`{key}` has no meaning for {what} and is ignored; remove it"));
        }
        if matches!(key, "indicator" | "indicatorRef" | "compositeWeight") {
            report.error(&field, "composite SLOs are not computed yet; write one SLO for each indicator");
            return None;
        }
    }
    let (field, share) = match (item.get("target"), item.get("targetPercent")) {
        (Some(field), percent) => {
            if let Some(percent) = percent {
                report.warn(
                    &percent,
                    "there are both target and targetPercent; target is used, remove one of them",
                );
            }
            let share = field.number(report)?;
            (field, share)
        }
        (None, Some(field)) => {
            let percent = field.number(report)?;
            (field, percent / 100.0)
        }
        (None, None) => {
            report.error(item, "the objective has no target; add one such as `target: 0.999`");
            return None;
        }
    };
    Objective::new(share).map_err(|error| report.error(&field, error.to_string())).ok()
}
