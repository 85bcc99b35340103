//! The `objectives` of an SLO: what is promised, and of which events or slices it is a share.

use super::field::{Field, Report};
use super::object::Object;
use super::sli::{Counted, Measured};
use crate::domain::text::Line;
use crate::slo::finding::Level;
use crate::slo::promql::sampled::Op;
use crate::slo::slo::{Indicator, Method, Objective};
use crate::slo::window::{Unit, Window};

/// More objectives of one document are not measured: each costs queries on every poll.
const MAX_OBJECTIVES: usize = 20;

/// Longer slices of what Prometheus counts would leave the window of 5 minutes empty most of the time.
const LONGEST_ASKED: Window = Window::FIVE_MINUTES;

/// One objective, with the place where its target stands.
pub(super) struct Promise<'a> {
    pub name: Line,
    pub objective: Objective,
    pub method: Method,
    pub indicator: Indicator,
    pub target: Field<'a>,
}

/// `budgetingMethod`, before the objectives say how long a slice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budgeting {
    Occurrences,
    Timeslices,
    RatioTimeslices,
}

impl Budgeting {
    pub(super) fn read(spec: &Field<'_>, report: &mut Report) -> Option<Self> {
        let Some(field) = spec.get("budgetingMethod") else {
            let message = "`budgetingMethod` is missing, so Occurrences is taken; add it";
            report.add(Level::Warning, spec.line(), "spec.budgetingMethod", message);
            return Some(Budgeting::Occurrences);
        };
        match field.text(report)?.as_str() {
            "Occurrences" => Some(Budgeting::Occurrences),
            "Timeslices" => Some(Budgeting::Timeslices),
            "RatioTimeslices" => Some(Budgeting::RatioTimeslices),
            other => {
                let told = format!(
                    "`{other}` is no budgeting method of OpenSLO; write Occurrences, Timeslices or RatioTimeslices"
                );
                report.error(&field, told);
                None
            }
        }
    }
}

/// What the objectives are about, as far as it could be read.
pub(super) struct About<'a> {
    pub measured: Option<&'a Measured>,
    pub is_ratio: bool,
    pub budgeting: Option<Budgeting>,
    pub period: Window,
}

pub(super) fn promises<'a>(object: &Object<'a>, about: &About<'_>, report: &mut Report) -> Vec<Promise<'a>> {
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
        let name = match item.get("displayName").and_then(|field| field.text(report)) {
            _ if !several => Line::clean(&object.name),
            Some(display) => Line::clean(&format!("{}/{display}", object.name)),
            None => Line::clean(&format!("{}/{number}", object.name)),
        };
        read.extend(promise(name, item, about, report));
    }
    read
}

fn promise<'a>(name: Line, item: &Field<'a>, about: &About<'_>, report: &mut Report) -> Option<Promise<'a>> {
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
        if let Some(what) = about.meaningless(key) {
            report.warn(&field, format!("`{key}` has no meaning for {what} and is ignored; remove it"));
        }
        if matches!(key, "indicator" | "indicatorRef" | "compositeWeight") {
            report.error(&field, "composite SLOs are not computed yet; write one SLO for each indicator");
            return None;
        }
    }
    let found = target(item, report);
    let method = about.budgeting.and_then(|budgeting| method(item, budgeting, about.period, report));
    let indicator = about.measured.and_then(|measured| indicator(item, measured, report));
    let ((target, objective), method, indicator) = (found?, method?, indicator?);
    let indicator =
        if indicator.is_followed() { indicator } else { asked(item, &indicator, method, report)? };
    Some(Promise { name, objective, method, indicator, target })
}

/// Slices that Prometheus has to count.
fn asked(item: &Field<'_>, indicator: &Indicator, method: Method, report: &mut Report) -> Option<Indicator> {
    if method.slice().is_some_and(|slice| slice > LONGEST_ASKED.duration()) {
        let field = item.get("timeSliceWindow").unwrap_or_else(|| item.clone());
        let told = format!(
            "slices of more than {LONGEST_ASKED} are computed of counters only; name two counters, or write at most {LONGEST_ASKED}"
        );
        report.error(&field, told);
        return None;
    }
    Some(indicator.sliced(method))
}

impl About<'_> {
    /// For what a field of an objective means nothing here.
    fn meaningless(&self, key: &str) -> Option<&'static str> {
        match (key, self.budgeting) {
            ("timeSliceTarget" | "timeSliceWindow", Some(Budgeting::Occurrences)) => Some("Occurrences"),
            ("timeSliceTarget", Some(Budgeting::RatioTimeslices)) => Some("RatioTimeslices"),
            ("op" | "value", _) if self.is_ratio => Some("a ratio"),
            _ => None,
        }
    }
}

fn target<'a>(item: &Field<'a>, report: &mut Report) -> Option<(Field<'a>, Objective)> {
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
    let objective = Objective::new(share).map_err(|error| report.error(&field, error.to_string())).ok()?;
    Some((field, objective))
}

fn method(item: &Field<'_>, budgeting: Budgeting, period: Window, report: &mut Report) -> Option<Method> {
    match budgeting {
        Budgeting::Occurrences => Some(Method::Occurrences),
        Budgeting::Timeslices => {
            let (slice, target) = (slice(item, period, report), slice_target(item, report));
            Some(Method::Timeslices { slice: slice?.duration(), target: target? })
        }
        Budgeting::RatioTimeslices => {
            Some(Method::RatioTimeslices { slice: slice(item, period, report)?.duration() })
        }
    }
}

/// The specification allows a bare number of minutes.
fn slice(item: &Field<'_>, period: Window, report: &mut Report) -> Option<Window> {
    let Some(field) = item.get("timeSliceWindow") else {
        report.warn(item, "`timeSliceWindow` is missing, so slices of 1m are taken; add it");
        return Some(Window::MINUTE);
    };
    let written = field.text(report)?;
    let slice = match written.trim().parse::<u32>() {
        Ok(minutes) => Window::new(minutes, Unit::Minute),
        Err(_) => written.parse(),
    };
    let slice = slice.map_err(|error| report.error(&field, error.to_string())).ok()?;
    if slice.duration() * 2 > period.duration() {
        let told = format!(
            "a slice of {slice} is more than half of the period of {period}; write a shorter slice, such as 1m"
        );
        report.error(&field, told);
        return None;
    }
    Some(slice)
}

fn slice_target(item: &Field<'_>, report: &mut Report) -> Option<f64> {
    let Some(field) = item.get("timeSliceTarget") else {
        let told = "`timeSliceTarget` is missing, so nobody knows when a slice is good; add it, such as `timeSliceTarget: 0.95`";
        report.error(item, told);
        return None;
    };
    let target = field.number(report)?;
    if target > 0.0 && target <= 1.0 {
        return Some(target);
    }
    report.error(
        &field,
        "the target of a slice is a share above 0, and at most 1; write 0.95 for 95 % of its events",
    );
    None
}

fn indicator(item: &Field<'_>, measured: &Measured, report: &mut Report) -> Option<Indicator> {
    match &measured.counted {
        Counted::Events(indicator) => Some(indicator.clone()),
        Counted::Samples(query) => {
            let op = item.get("op").and_then(|field| op(&field, report));
            let value = item.get("value").and_then(|field| field.number(report));
            for key in ["op", "value"].iter().filter(|key| item.get(key).is_none()) {
                let told = format!(
                    "`{key}` is missing: a thresholdMetric is good where it compares so with a value; add it, such as `op: lt` and `value: 0.5`"
                );
                report.error(item, told);
            }
            Some(query.held(op?, value?))
        }
    }
}

fn op(field: &Field<'_>, report: &mut Report) -> Option<Op> {
    let written = field.text(report)?;
    let found = Op::ALL.into_iter().find(|op| op.name() == written);
    if found.is_none() {
        let known = Op::ALL.map(Op::name).join(", ");
        report.error(field, format!("`{written}` is no operator of OpenSLO; write one of {known}"));
    }
    found
}
