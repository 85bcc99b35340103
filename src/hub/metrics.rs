//! What the hub counts about itself, in the Prometheus text format, on a listener of its own.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::writer::SubmitError;
use crate::domain::command::Outcome;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByResult {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByReason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByStatus {
    status: u16,
}

/// The hub's counters. Labels are words of ours, never of senders, so that they cannot grow without bound.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub(super) commands: Family<ByResult, Counter>,
    pub(super) entries: Counter,
    pub(super) batches: Histogram,
    pub(super) append_seconds: Histogram,
    pub(super) unknown_appends: Counter,
    pub(super) read_only: Gauge,
    pub(super) connections: Gauge,
    pub(super) connections_refused: Counter,
    pub(super) sessions: Gauge,
    pub(super) resyncs: Family<ByReason, Counter>,
    pub(super) journal_went_back: Counter,
    pub(super) requests: Family<ByStatus, Counter>,
    pub(super) alerts_taken: Counter<u64, AtomicU64>,
    pub(super) changes_taken: Counter,
    pub(super) dead_letters: Counter,
    pub(super) alerts_expired: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("warroom");
        let metrics = Metrics {
            registry: Registry::default(),
            commands: Family::default(),
            entries: Counter::default(),
            batches: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            append_seconds: Histogram::new(exponential_buckets(0.000_1, 2.5, 12)),
            unknown_appends: Counter::default(),
            read_only: Gauge::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            sessions: Gauge::default(),
            resyncs: Family::default(),
            journal_went_back: Counter::default(),
            requests: Family::default(),
            alerts_taken: Counter::default(),
            changes_taken: Counter::default(),
            dead_letters: Counter::default(),
            alerts_expired: Counter::default(),
        };
        let r = &mut registry;
        r.register("commands", "Commands by what they came to", metrics.commands.clone());
        r.register("entries", "Entries written to the journal", metrics.entries.clone());
        r.register("batch_commands", "Commands that were decided together", metrics.batches.clone());
        let seconds = metrics.append_seconds.clone();
        r.register_with_unit("append", "Time to make a batch durable", Unit::Seconds, seconds);
        let unknown = metrics.unknown_appends.clone();
        r.register("unknown_appends", "Batches of which it was not known whether they were written", unknown);
        r.register("read_only", "1 while the journal cannot be written", metrics.read_only.clone());
        r.register("connections", "Open connections", metrics.connections.clone());
        let refused = metrics.connections_refused.clone();
        r.register("connections_refused", "Connections turned away because there were too many", refused);
        r.register("sessions", "Terminals and other readers of the feed", metrics.sessions.clone());
        r.register("resyncs", "Readers of the feed that were told to start again", metrics.resyncs.clone());
        let went_back = metrics.journal_went_back.clone();
        r.register("journal_went_back", "Readers who know a later entry than the journal has", went_back);
        r.register("http_requests", "Answered requests by status", metrics.requests.clone());
        r.register("alerts", "Alerts taken in, repetitions included", metrics.alerts_taken.clone());
        r.register("changes", "Changes taken in, repetitions included", metrics.changes_taken.clone());
        r.register("dead_letters", "Deliveries that were not understood", metrics.dead_letters.clone());
        let expired = metrics.alerts_expired.clone();
        r.register("alerts_expired", "Alerts that ended because nobody repeated them", expired);
        Metrics { registry, ..metrics }
    }
}

impl Metrics {
    pub(super) fn command(&self, answer: &Result<Outcome, SubmitError>) {
        let result = match answer {
            Ok(_) => "accepted",
            Err(SubmitError::Refused(_)) => "refused",
            Err(SubmitError::ReadOnly(_)) => "read_only",
            Err(SubmitError::Unknown(_)) => "unknown",
            Err(SubmitError::Busy | SubmitError::Stopping) => "busy",
        };
        self.commands.get_or_create(&ByResult { result }).inc();
    }

    pub(super) fn resync(&self, reason: &'static str) {
        self.resyncs.get_or_create(&ByReason { reason }).inc();
    }

    pub(super) fn request(&self, status: StatusCode) {
        self.requests.get_or_create(&ByStatus { status: status.as_u16() }).inc();
    }

    /// Everything in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::warn!(%error, "the metrics could not be written");
        }
        text
    }
}

/// `GET /metrics`, and nothing else.
pub(super) fn router(metrics: Arc<Metrics>) -> Router {
    let handler = move || {
        let metrics = Arc::clone(&metrics);
        async move { page(&metrics) }
    };
    Router::new().route("/metrics", get(handler))
}

fn page(metrics: &Metrics) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.text()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_each_metric_once_with_our_prefix() {
        let metrics = Metrics::default();
        metrics.resync("too_slow");
        metrics.command(&Err(SubmitError::Busy));
        let text = metrics.text();
        assert!(text.contains("warroom_resyncs_total{reason=\"too_slow\"} 1"), "{text}");
        assert!(text.contains("warroom_commands_total{result=\"busy\"} 1"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
