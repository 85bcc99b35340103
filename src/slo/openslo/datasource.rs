//! `DataSource` objects, and the metric sources that refer to them.

use url::Url;

use super::field::{Field, Report};
use super::named::Named;
use super::object::Object;
use crate::slo::promql::{NotUnderstood, Note};
use crate::slo::slo::DataSource;

/// The address of each.
pub(super) struct DataSources(Named<Url>);

/// What one metric source asks, and whom.
pub(super) struct Metric<Q> {
    pub query: Q,
    pub source: DataSource,
}

/// Reads the text of a query.
pub(super) type Parse<Q> = fn(&str) -> Result<(Q, Option<Note>), NotUnderstood>;

impl DataSources {
    pub(super) fn new() -> Self {
        DataSources(Named::new("DataSource"))
    }

    pub(super) fn read(&mut self, object: &Object<'_>, report: &mut Report) {
        let url = address(&object.spec, report);
        self.0.add(object, url, report);
    }

    /// What stands under `good`, `bad`, `total`, `raw` or `thresholdMetric`.
    pub(super) fn metric<Q>(
        &self,
        metric: &Field<'_>,
        parse: Parse<Q>,
        report: &mut Report,
    ) -> Option<Metric<Q>> {
        metric.warn_of_unknown(&["metricSource"], report);
        let written = metric.required("metricSource", report)?;
        written.warn_of_unknown(&["metricSourceRef", "type", "spec"], report);
        let query = query(&written, parse, report);
        let source = self.source(&written, report);
        Some(Metric { query: query?, source: source? })
    }

    fn source(&self, written: &Field<'_>, report: &mut Report) -> Option<DataSource> {
        if let Some(field) = written.get("type") {
            is_prometheus(&field, report)?;
        }
        let Some(field) = written.get("metricSourceRef") else {
            if written.get("type").is_none() {
                report.warn(written, "neither type nor metricSourceRef is given, so this is taken for Prometheus; write `type: Prometheus`");
            }
            return Some(DataSource::Default);
        };
        self.0.find(&field, report).map(DataSource::At)
    }
}

fn address(spec: &Field<'_>, report: &mut Report) -> Option<Url> {
    let (kind, details) = (spec.required("type", report), spec.required("connectionDetails", report));
    is_prometheus(&kind?, report)?;
    let details = details?;
    // Written as a mapping by some, and as a list of mappings with one key each by others.
    let mut address = None;
    for item in details.items() {
        for (key, field) in item.fields() {
            match key {
                "url" => address = Some(field),
                _ => report.warn(&field, format!("`{key}` is not used yet; only url is")),
            }
        }
    }
    let Some(field) = address else {
        report.error(
            &details,
            "there is no `url` in connectionDetails; add it, such as http://prometheus.example:9090",
        );
        return None;
    };
    let written = field.text(report)?;
    match Url::parse(written.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
        _ => {
            report.error(
                &field,
                "this is not the address of a Prometheus; write one such as http://prometheus.example:9090",
            );
            None
        }
    }
}

fn is_prometheus(field: &Field<'_>, report: &mut Report) -> Option<()> {
    let kind = field.text(report)?;
    if kind.eq_ignore_ascii_case("prometheus") {
        return Some(());
    }
    report.error(field, format!("data sources of type `{kind}` are not computed yet; only Prometheus is"));
    None
}

fn query<Q>(written: &Field<'_>, parse: Parse<Q>, report: &mut Report) -> Option<Q> {
    let field = written.required("spec", report)?.required("query", report)?;
    let text = field.text(report)?;
    match parse(&text) {
        Ok((query, note)) => {
            if let Some(note) = note {
                report.warn(&field, note.to_string());
            }
            Some(query)
        }
        Err(error) => {
            report.error(&field, error.to_string());
            None
        }
    }
}
