//! `SLO` objects: one `Slo` for each objective.

use super::alert::Policies;
use super::alerting::Alerting;
use super::datasource::DataSources;
use super::field::{Field, Report};
use super::object::Object;
use super::objective::{About, Budgeting, Promise, promises};
use super::sli::{self, Indicators, Measured};
use super::window;
use crate::domain::text::Line;
use crate::slo::slo::Slo;
use crate::slo::window::Window;

/// What an SLO may refer to.
pub(super) struct Known<'a> {
    pub indicators: &'a Indicators,
    pub sources: &'a DataSources,
    pub policies: &'a Policies,
}

/// Everything is looked at before anything is given up, so that one run finds all mistakes.
pub(super) fn read(object: &Object<'_>, known: &Known<'_>, report: &mut Report) -> Vec<Slo> {
    let service = service(object, report);
    let measured = indicator(&object.spec, known, report);
    let window = window::read(&object.spec, report);
    let budgeting = Budgeting::read(&object.spec, report);
    let period = window.unwrap_or(Window::FOUR_WEEKS.into());
    let about = About {
        measured: measured.as_ref(),
        is_ratio: measured.as_ref().map_or_else(|| is_ratio(&object.spec), Measured::is_ratio),
        budgeting,
        period: period.length(),
    };
    let promises = promises(object, &about, report);
    let alerting = Alerting::read(object, period, known.policies, report);
    if budgeting == Some(Budgeting::Occurrences) && measured.as_ref().is_some_and(|measured| measured.is_raw)
    {
        report.warn(
            &object.spec,
            "each sample of a precomputed ratio counts as one event, whatever the traffic was; count events to weigh them, or write `budgetingMethod: RatioTimeslices` to say so",
        );
    }
    let (Some(service), Some(Measured { source, .. }), Some(window)) = (service, measured, window) else {
        return Vec::new();
    };
    let slo = |promise: Promise<'_>| Slo {
        name: promise.name,
        service: service.clone(),
        objective: promise.objective,
        window,
        method: promise.method,
        source: source.clone(),
        policies: alerting.policies(promise.objective, window, &promise.target, report),
        canary: alerting.canary(&promise.indicator, report),
        indicator: promise.indicator,
    };
    promises.into_iter().map(slo).collect()
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

fn indicator(spec: &Field<'_>, known: &Known<'_>, report: &mut Report) -> Option<Measured> {
    match (spec.get("indicator"), spec.get("indicatorRef")) {
        (Some(_), Some(reference)) => {
            report.error(&reference, "there are both indicator and indicatorRef; remove one of them");
            None
        }
        (Some(written), None) => sli::inline(&written, known.sources, report),
        (None, Some(reference)) => known.indicators.find(&reference, report),
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
