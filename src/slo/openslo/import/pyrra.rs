//! pyrra's ServiceLevelObjective (<https://github.com/pyrra-dev/pyrra>).

use super::document::{Document, Indicator};
use super::{Field, Report, name, not_carried, texts};
use crate::slo::openslo::node::Value;
use crate::slo::policy::Preset;
use crate::slo::window::{Window, WindowError};

pub(super) fn read(root: &Field<'_>, report: &mut Report) -> Option<Document> {
    not_carried(root, &["apiVersion", "kind", "metadata", "spec", "status"], report);
    let metadata = root.required("metadata", report);
    let spec = root.required("spec", report)?;
    not_carried(&spec, &["target", "window", "description", "indicator", "alerting", "serviceLevel"], report);
    let target = spec.required("target", report).and_then(|field| percent(&field, report));
    let window = spec.required("window", report).and_then(|field| window(&field, report));
    let indicator = spec.required("indicator", report).and_then(|field| indicator(&field, report));
    let alerting = alerting(&spec, report);
    let metadata = metadata?;
    not_carried(&metadata, &["name", "labels", "namespace"], report);
    let field = metadata.required("name", report)?;
    let name = name(&field.text(report)?, &field, report);
    report.warn(
        &field,
        "pyrra names no service, so the SLO stands for itself; write the name of its service into `service`",
    );
    let mut labels = texts(metadata.get("labels"), report);
    let namespace = metadata.get("namespace").and_then(|field| field.text(report));
    labels.extend(namespace.map(|namespace| ("namespace".to_owned(), namespace)));
    let description = spec.get("description").and_then(|field| field.text(report));
    Some(Document {
        service: name.clone(),
        name,
        labels,
        alerting,
        description: description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        indicator: indicator?,
        window: window?,
        target_percent: target?,
        line: root.line(),
    })
}

/// A number, most often in quotes.
fn percent(field: &Field<'_>, report: &mut Report) -> Option<f64> {
    let written = field.text(report)?;
    let percent = written.trim().parse().ok();
    if percent.is_none() {
        report.error(field, format!("`{written}` is no target; write a number such as '99.5'"));
    }
    percent
}

fn window(field: &Field<'_>, report: &mut Report) -> Option<Window> {
    let read = field.text(report)?.parse();
    read.map_err(|error: WindowError| report.error(field, error.to_string())).ok()
}

fn indicator(indicator: &Field<'_>, report: &mut Report) -> Option<Indicator> {
    let Some((kind, field)) = indicator.fields().next() else {
        report.error(indicator, "there is no indicator; add a ratio, such as errors and total");
        return None;
    };
    if let Some(grouping) = field.get("grouping").filter(|grouping| !grouping.items().is_empty()) {
        report.warn(&grouping, "`grouping` is not carried over: the SLO is about all groups together; write one SLO for each that has a promise of its own");
    }
    match kind {
        "ratio" => {
            not_carried(&field, &["errors", "total", "grouping"], report);
            ratio(&field, "bad", "errors", report)
        }
        "latency" => {
            not_carried(&field, &["success", "total", "grouping"], report);
            ratio(&field, "good", "success", report)
        }
        "latencyNative" | "latency_native" => native(&field, report),
        "bool_gauge" | "boolGauge" => {
            not_carried(&field, &["metric", "grouping"], report);
            let metric = field.required("metric", report)?.text(report)?;
            let over = |function: &str| format!("sum({function}({}[{{{{.window}}}}]))", metric.trim());
            let (query, total) = (over("sum_over_time"), over("count_over_time"));
            Some(Indicator::Ratio { part: "good", query, total, counters: false })
        }
        other => {
            report.error(
                &field,
                format!("indicators of kind `{other}` are not known; write an SLO of your own"),
            );
            None
        }
    }
}

fn ratio(field: &Field<'_>, part: &'static str, key: &str, report: &mut Report) -> Option<Indicator> {
    let counted = metric(field, key, report);
    let total = metric(field, "total", report);
    Some(Indicator::Ratio { part, query: counted?, total: total?, counters: true })
}

fn metric(field: &Field<'_>, key: &str, report: &mut Report) -> Option<String> {
    let metric = field.required(key, report)?.required("metric", report)?.text(report)?;
    Some(metric.trim().to_owned())
}

/// Of a native histogram, the share of requests below the latency, times their number.
fn native(field: &Field<'_>, report: &mut Report) -> Option<Indicator> {
    not_carried(field, &["latency", "total", "grouping"], report);
    let metric = metric(field, "total", report);
    let latency = field.required("latency", report)?;
    let written = latency.text(report)?;
    let Some(seconds) = seconds(&written) else {
        report.error(&latency, format!("`{written}` is no latency; write one such as 200ms"));
        return None;
    };
    let count = format!("histogram_count(sum(increase({}[{{{{.window}}}}])))", metric?);
    let counted = count.strip_prefix("histogram_count(").and_then(|rest| rest.strip_suffix(')'))?;
    let query = format!("histogram_fraction(0, {seconds}, {counted}) * {count}");
    Some(Indicator::Ratio { part: "good", query, total: count, counters: false })
}

/// `200ms` and `1s` in seconds.
fn seconds(written: &str) -> Option<f64> {
    let written = written.trim();
    let number = |text: &str, factor: f64| Some(text.parse::<f64>().ok()? / factor);
    match written.strip_suffix("ms") {
        Some(millis) => number(millis, 1_000.0),
        None => number(written.strip_suffix('s')?, 1.0),
    }
}

fn alerting(spec: &Field<'_>, report: &mut Report) -> Preset {
    let is = |alerting: &Field<'_>, key: &str, value: bool| {
        alerting.get(key).is_some_and(|field| field.node.value == Value::Bool(value))
    };
    let alerting = spec.get("alerting");
    let silent = |alerting: &Field<'_>| is(alerting, "disabled", true) || is(alerting, "burnrates", false);
    if let Some(alerting) = &alerting {
        not_carried(alerting, &["disabled", "burnrates", "absent"], report);
        if silent(alerting) {
            return Preset::None;
        }
    }
    if !alerting.as_ref().is_some_and(|alerting| is(alerting, "absent", false)) {
        report.warn(spec, "pyrra also alerts when the metric is absent; that is not carried over. Write an AlertPolicy with `alertWhenNoData: true` for it");
    }
    Preset::Workbook
}
