//! sloth's service levels: the file for its generator, and the same for Kubernetes (<https://sloth.dev>).

use super::document::{Document, Indicator};
use super::{Field, Report, name, not_carried, texts};
use crate::slo::openslo::node::Value;
use crate::slo::policy::Preset;
use crate::slo::promql;
use crate::slo::window::{Unit, Window};

/// How the fields of one of the two forms are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    error_query: &'static str,
    total_query: &'static str,
    error_ratio_query: &'static str,
    page_alert: &'static str,
    ticket_alert: &'static str,
}

pub(super) const PLAIN: Words = Words {
    error_query: "error_query",
    total_query: "total_query",
    error_ratio_query: "error_ratio_query",
    page_alert: "page_alert",
    ticket_alert: "ticket_alert",
};

const KUBERNETES: Words = Words {
    error_query: "errorQuery",
    total_query: "totalQuery",
    error_ratio_query: "errorRatioQuery",
    page_alert: "pageAlert",
    ticket_alert: "ticketAlert",
};

pub(super) fn kubernetes(root: &Field<'_>, report: &mut Report) -> Vec<Document> {
    not_carried(root, &["apiVersion", "kind", "metadata", "spec"], report);
    match root.required("spec", report) {
        Some(spec) => read(&spec, KUBERNETES, report),
        None => Vec::new(),
    }
}

pub(super) fn read(root: &Field<'_>, words: Words, report: &mut Report) -> Vec<Document> {
    not_carried(root, &["version", "service", "labels", "slos"], report);
    let service = root.required("service", report).and_then(|field| field.text(report));
    let labels = texts(root.get("labels"), report);
    let slos = root.required("slos", report).map(|list| list.items()).unwrap_or_default();
    let Some(service) = service else { return Vec::new() };
    if let Some(first) = slos.first() {
        report.warn(first, "the period of sloth is an option of its generator and not in this file; 30d are written, which is its default");
    }
    slos.iter().filter_map(|slo| one(slo, &service, &labels, words, report)).collect()
}

fn one(
    slo: &Field<'_>,
    service: &str,
    common: &[(String, String)],
    words: Words,
    report: &mut Report,
) -> Option<Document> {
    not_carried(slo, &["name", "description", "objective", "labels", "sli", "alerting"], report);
    let field = slo.required("name", report)?;
    let written = field.text(report)?;
    let objective = slo.required("objective", report).and_then(|field| field.number(report));
    let indicator = slo.required("sli", report).and_then(|sli| indicator(&sli, words, report));
    // The SLO's own labels stand before those of the file.
    let mut labels = texts(slo.get("labels"), report);
    let own: Vec<String> = labels.iter().map(|(key, _)| key.clone()).collect();
    labels.extend(common.iter().filter(|(key, _)| !own.contains(key)).cloned());
    let alerting = alerting(slo, words, report);
    let description = slo.get("description").and_then(|field| field.text(report));
    Some(Document {
        name: name(&format!("{service}-{written}"), &field, report),
        labels,
        alerting,
        description: description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        service: service.to_owned(),
        indicator: indicator?,
        window: Window::new(30, Unit::Day).ok()?,
        target_percent: objective?,
        line: slo.line(),
    })
}

fn indicator(sli: &Field<'_>, words: Words, report: &mut Report) -> Option<Indicator> {
    if let Some(plugin) = sli.get("plugin") {
        report.error(&plugin, "this SLI is made by a plugin of sloth, and its queries are not in the file; write them into an SLO of your own");
        return None;
    }
    if let Some(raw) = sli.get("raw") {
        let query = raw.required(words.error_ratio_query, report)?.text(report)?;
        report.warn(
            &raw,
            "a ratio cannot be added up; it is read once a minute, and each minute counts the same",
        );
        return Some(Indicator::Failures(query.trim().to_owned()));
    }
    let events = sli.required("events", report)?;
    let errors = events.required(words.error_query, report).and_then(|field| field.text(report));
    let total = events.required(words.total_query, report).and_then(|field| field.text(report));
    let (errors, total) = (errors?, total?);
    // Their names are all that is needed to follow counters sample by sample.
    Some(match (promql::counters(&errors), promql::counters(&total)) {
        (Some(query), Some(total)) => Indicator::Ratio { part: "bad", query, total, counters: true },
        (_, _) => Indicator::Ratio {
            part: "bad",
            query: errors.trim().to_owned(),
            total: total.trim().to_owned(),
            counters: false,
        },
    })
}

fn alerting(slo: &Field<'_>, words: Words, report: &mut Report) -> Preset {
    let Some(alerting) = slo.get("alerting") else { return Preset::Workbook };
    not_carried(&alerting, &[words.page_alert, words.ticket_alert], report);
    let mut is_off = |key: &str| {
        let Some(alert) = alerting.get(key) else { return false };
        not_carried(&alert, &["disable"], report);
        alert.get("disable").is_some_and(|field| field.node.value == Value::Bool(true))
    };
    match (is_off(words.page_alert), is_off(words.ticket_alert)) {
        (false, false) => Preset::Workbook,
        (false, true) => Preset::Page,
        (true, true) => Preset::None,
        (true, false) => {
            report.warn(&alerting, "there is no preset that only writes tickets, so nobody is called; write policies of your own, or `warroom/alerting: workbook`");
            Preset::None
        }
    }
}
