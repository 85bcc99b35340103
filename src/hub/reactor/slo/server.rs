//! Whom to ask: the address that a document names, or the hub's own.

use std::future::Future;
use std::time::Duration;

use url::Url;

use crate::hub::prometheus::{Answer, Prometheus, PrometheusError};
use crate::slo::DataSource;

/// Answers instant queries. Clones are handed to every SLO.
pub trait AskPrometheus: Clone + Send + Sync + 'static {
    fn ask(
        &self,
        source: &DataSource,
        promql: &str,
        deadline: Duration,
    ) -> impl Future<Output = Result<Answer, PrometheusError>> + Send;
}

/// The real servers.
#[derive(Debug, Clone)]
pub struct Servers {
    pub client: Prometheus,
    /// For documents that name no data source.
    pub default: Option<Url>,
}

impl AskPrometheus for Servers {
    async fn ask(
        &self,
        source: &DataSource,
        promql: &str,
        deadline: Duration,
    ) -> Result<Answer, PrometheusError> {
        let server = match source {
            DataSource::At(url) => url,
            DataSource::Default => self.default.as_ref().ok_or(PrometheusError::NoServer)?,
        };
        self.client.query(server, promql, deadline).await
    }
}
