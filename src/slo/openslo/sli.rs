//! Indicators: `SLI` objects, and the same written inside an SLO.

use super::datasource::{DataSources, Metric, Parse};
use super::field::{Field, Report};
use super::named::Named;
use super::node::Value;
use super::object::{self, Object};
use crate::slo::promql::EventQuery;
use crate::slo::promql::sampled::{RawType, SampleQuery};
use crate::slo::slo::{DataSource, Indicator, Numerator};

/// An indicator and whom to ask.
#[derive(Clone)]
pub(super) struct Measured {
    pub counted: Counted,
    /// A ratio that was computed before.
    pub is_raw: bool,
    pub source: DataSource,
}

#[derive(Clone)]
pub(super) enum Counted {
    Events(Indicator),
    /// Each is good or bad by the `op` and `value` of an objective.
    Samples(SampleQuery),
}

impl Measured {
    pub(super) const fn is_ratio(&self) -> bool {
        match self.counted {
            Counted::Events(_) => true,
            Counted::Samples(_) => false,
        }
    }
}

pub(super) struct Indicators(Named<Measured>);

impl Indicators {
    pub(super) fn new() -> Self {
        Indicators(Named::new("SLI"))
    }

    pub(super) fn read(&mut self, object: &Object<'_>, sources: &DataSources, report: &mut Report) {
        let measured = measured(&object.spec, sources, report);
        self.0.add(object, measured, report);
    }

    /// The indicator that `field`, an `indicatorRef`, names.
    pub(super) fn find(&self, field: &Field<'_>, report: &mut Report) -> Option<Measured> {
        self.0.find(field, report)
    }
}

/// What stands under `indicator` in an SLO.
pub(super) fn inline(indicator: &Field<'_>, sources: &DataSources, report: &mut Report) -> Option<Measured> {
    indicator.warn_of_unknown(&["apiVersion", "kind", "metadata", "spec"], report);
    if let Some(metadata) = indicator.get("metadata") {
        // Nothing refers to it by name, so one without a name is measured as well.
        object::name(&metadata, report);
    }
    let spec = indicator.required("spec", report)?;
    spec.warn_of_unknown(&["description", "thresholdMetric", "ratioMetric"], report);
    measured(&spec, sources, report)
}

fn measured(spec: &Field<'_>, sources: &DataSources, report: &mut Report) -> Option<Measured> {
    match (spec.get("ratioMetric"), spec.get("thresholdMetric")) {
        (Some(_), Some(_)) => {
            report.error(spec, "there are both ratioMetric and thresholdMetric; remove one of them");
            None
        }
        (Some(ratio), None) => self::ratio(&ratio, sources, report),
        (None, Some(threshold)) => {
            let Metric { query, source } = sources.metric(&threshold, SampleQuery::parse, report)?;
            Some(Measured { counted: Counted::Samples(query), is_raw: false, source })
        }
        (None, None) => {
            report.error(spec, "there is neither ratioMetric nor thresholdMetric; add a ratioMetric");
            None
        }
    }
}

fn ratio(ratio: &Field<'_>, sources: &DataSources, report: &mut Report) -> Option<Measured> {
    ratio.warn_of_unknown(&["counter", "good", "bad", "total", "raw", "rawType"], report);
    if let Some(raw) = ratio.get("raw") {
        return self::raw(ratio, &raw, sources, report);
    }
    let parse = if is_gauge(ratio) { EventQuery::parse_sums } else { EventQuery::parse };
    let numerator = numerator(ratio, parse, sources, report);
    let total = match ratio.required("total", report) {
        Some(total) => sources.metric(&total, parse, report),
        None => None,
    };
    let ((numerator, source), total) = (numerator?, total?);
    if source != total.source {
        report.error(
            ratio,
            "the two queries ask two data sources, whose counts make no ratio; ask one of them for both",
        );
        return None;
    }
    let indicator = Indicator { numerator, total: total.query };
    counter(ratio, &indicator, report)?;
    if indicator.numerator.query().differs_in_unit(&indicator.total) {
        report.warn(
            ratio,
            "one query counts events and the other events per second (rate); use increase in both",
        );
    }
    Some(Measured { counted: Counted::Events(indicator), is_raw: false, source })
}

/// `good / total` or `bad / total`, as somebody computed it.
fn raw(ratio: &Field<'_>, raw: &Field<'_>, sources: &DataSources, report: &mut Report) -> Option<Measured> {
    for (key, field) in ratio.fields().filter(|(key, _)| matches!(*key, "good" | "bad" | "total")) {
        report.warn(&field, format!("`{key}` is not used beside `raw`; remove one of them"));
    }
    let metric = sources.metric(raw, SampleQuery::parse, report);
    let field = ratio.required("rawType", report)?;
    let raw_type = match field.text(report)?.as_str() {
        "success" => RawType::Success,
        "failure" => RawType::Failure,
        other => {
            let told = format!(
                "`{other}` is no type of a ratio; write success for good/total, or failure for bad/total"
            );
            report.error(&field, told);
            return None;
        }
    };
    let Metric { query, source } = metric?;
    Some(Measured { counted: Counted::Events(query.ratio(raw_type)), is_raw: true, source })
}

/// Whether it says that its metrics go up and down.
fn is_gauge(ratio: &Field<'_>) -> bool {
    ratio.get("counter").is_some_and(|field| field.node.value == Value::Bool(false))
}

fn numerator(
    ratio: &Field<'_>,
    parse: Parse<EventQuery>,
    sources: &DataSources,
    report: &mut Report,
) -> Option<(Numerator, DataSource)> {
    let (good, bad) = (ratio.get("good"), ratio.get("bad"));
    if good.is_some() && bad.is_some() {
        report.warn(ratio, "there are both good and bad; bad is used, remove one of them");
    }
    match (good, bad) {
        (_, Some(bad)) => {
            let Metric { query, source } = sources.metric(&bad, parse, report)?;
            Some((Numerator::Bad(query), source))
        }
        (Some(good), None) => {
            let Metric { query, source } = sources.metric(&good, parse, report)?;
            Some((Numerator::Good(query), source))
        }
        (None, None) => {
            report.error(ratio, "there is neither good nor bad; add one of them");
            None
        }
    }
}

/// Only monotone counters can be increased over a window; an expression with a placeholder says itself what it does.
fn counter(ratio: &Field<'_>, indicator: &Indicator, report: &mut Report) -> Option<()> {
    if !indicator.total.takes_counters() && !indicator.numerator.query().takes_counters() {
        return Some(());
    }
    let Some(field) = ratio.get("counter") else {
        report.warn(
            ratio,
            "`counter` is not given, so the metrics are taken for counters; write `counter: true`",
        );
        return Some(());
    };
    match field.node.value {
        Value::Bool(_) => Some(()),
        _ => {
            report.error(&field, "this is neither true nor false; write `counter: true` for counters");
            None
        }
    }
}
