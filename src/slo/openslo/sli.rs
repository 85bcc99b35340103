//! Indicators: `SLI` objects, and the same written inside an SLO.

use std::collections::HashMap;

use super::datasource::{DataSources, Metric};
use super::field::{Field, Report};
use super::node::Value;
use super::object::{self, Object};
use crate::slo::slo::{DataSource, Indicator, Numerator};

/// An indicator and whom to ask.
#[derive(Clone)]
pub(super) struct Measured {
    pub indicator: Indicator,
    pub source: DataSource,
}

/// By name; `None` for one that is there and cannot be measured, which its own finding explains.
#[derive(Default)]
pub(super) struct Indicators(HashMap<String, Option<Measured>>);

impl Indicators {
    pub(super) fn read(&mut self, object: &Object<'_>, sources: &DataSources, report: &mut Report) {
        let measured = measured(&object.spec, sources, report);
        if self.0.contains_key(&object.name) {
            report.warn(
                &object.root,
                format!("there is another SLI `{}`, which is used; rename this one", object.name),
            );
            return;
        }
        self.0.insert(object.name.clone(), measured);
    }

    /// The indicator that `field`, an `indicatorRef`, names.
    pub(super) fn find(&self, field: &Field<'_>, report: &mut Report) -> Option<Measured> {
        let name = field.text(report)?;
        match self.0.get(&name) {
            Some(Some(measured)) => Some(measured.clone()),
            Some(None) => {
                report.error(field, format!("the SLI `{name}` cannot be measured; its own finding says why"));
                None
            }
            None => {
                report.error(field, format!("no SLI is called `{name}`; add one, or correct the name"));
                None
            }
        }
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
            report.error(
                &threshold,
                "thresholdMetric is not computed yet; count events with a ratioMetric instead",
            );
            None
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
        report.error(&raw, "a precomputed ratio (raw) is not computed yet, because ratios cannot be added up over time; give total, and good or bad");
        return None;
    }
    let numerator = numerator(ratio, sources, report);
    let total = match ratio.required("total", report) {
        Some(total) => sources.metric(&total, report),
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
    Some(Measured { indicator, source })
}

fn numerator(
    ratio: &Field<'_>,
    sources: &DataSources,
    report: &mut Report,
) -> Option<(Numerator, DataSource)> {
    let (good, bad) = (ratio.get("good"), ratio.get("bad"));
    if good.is_some() && bad.is_some() {
        report.warn(ratio, "there are both good and bad; bad is used, remove one of them");
    }
    match (good, bad) {
        (_, Some(bad)) => {
            let Metric { query, source } = sources.metric(&bad, report)?;
            Some((Numerator::Bad(query), source))
        }
        (Some(good), None) => {
            let Metric { query, source } = sources.metric(&good, report)?;
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
        Value::Bool(true) => Some(()),
        Value::Bool(false) => {
            report.error(
                &field,
                "metrics that are not counters are not computed yet; name counters and write `counter: true`",
            );
            None
        }
        _ => {
            report.error(&field, "this is neither true nor false; write `counter: true` for counters");
            None
        }
    }
}
