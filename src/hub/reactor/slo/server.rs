//! Asks the servers that documents name.

use std::future::Future;
use std::time::Duration;

use url::Url;

use crate::domain::time::Timestamp;
use crate::hub::prometheus::{Answer, Prometheus, PrometheusError, Series};
use crate::slo::DataSource;

/// Answers queries. Clones are handed to every SLO.
pub trait AskPrometheus: Clone + Send + Sync + 'static {
    fn ask(
        &self,
        source: &DataSource,
        promql: &str,
        deadline: Duration,
    ) -> impl Future<Output = Result<Answer, PrometheusError>> + Send;

    /// The samples of a range selector that end now.
    fn samples(
        &self,
        source: &DataSource,
        selector: &str,
        deadline: Duration,
    ) -> impl Future<Output = Result<Vec<Series>, PrometheusError>> + Send;

    /// What a selector shows at each step from one moment to another.
    fn range(
        &self,
        source: &DataSource,
        selector: &str,
        span: (Timestamp, Timestamp),
        step: Duration,
        deadline: Duration,
    ) -> impl Future<Output = Result<Vec<Series>, PrometheusError>> + Send;
}

/// The real servers.
#[derive(Debug, Clone)]
pub struct Servers {
    pub client: Prometheus,
}

impl Servers {
    /// The hub's own address has taken the place of none before.
    fn of(source: &DataSource) -> Result<&Url, PrometheusError> {
        match source {
            DataSource::At(url) => Ok(url),
            DataSource::Default => Err(PrometheusError::NoServer),
        }
    }
}

impl AskPrometheus for Servers {
    async fn ask(
        &self,
        source: &DataSource,
        promql: &str,
        deadline: Duration,
    ) -> Result<Answer, PrometheusError> {
        self.client.query(Self::of(source)?, promql, deadline).await
    }

    async fn samples(
        &self,
        source: &DataSource,
        selector: &str,
        deadline: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        self.client.samples(Self::of(source)?, selector, deadline).await
    }

    async fn range(
        &self,
        source: &DataSource,
        selector: &str,
        span: (Timestamp, Timestamp),
        step: Duration,
        deadline: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        self.client.range(Self::of(source)?, selector, span, step, deadline).await
    }
}
