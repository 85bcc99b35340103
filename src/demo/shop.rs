//! The shop's metrics: an HTTP server that answers the hub's SLO queries as a Prometheus that scrapes the shop would.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::promql::{self, Sample};
use super::traffic::Moment;

/// The demo's own time: as many times faster than life as was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub began: Instant,
    pub speed: f64,
}

impl Clock {
    pub fn starting_now(speed: f64) -> Self {
        Clock { began: Instant::now(), speed }
    }

    pub fn now(&self) -> Moment {
        self.began.elapsed().as_secs_f64() * self.speed
    }

    /// When a moment of the story is, in real time.
    pub fn at(&self, moment: Moment) -> Instant {
        self.began + self.real(moment)
    }

    /// How long so many seconds of the story really take.
    pub fn real(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::ZERO)
    }
}

/// Answers queries until `shutdown`.
pub async fn serve(listener: TcpListener, clock: Clock, shutdown: CancellationToken) {
    let router = Router::new().route("/api/v1/query", get(by_address).post(by_form)).with_state(clock);
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::warn!(%error, "the demo's metrics server ended");
    }
}

/// A port on this machine for one of the demo's servers.
pub async fn free_port() -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

#[derive(Debug, Deserialize)]
struct Question {
    query: String,
}

async fn by_address(
    State(clock): State<Clock>,
    Query(question): Query<Question>,
) -> (StatusCode, Json<Value>) {
    answer(&question.query, clock.now())
}

async fn by_form(State(clock): State<Clock>, Form(question): Form<Question>) -> (StatusCode, Json<Value>) {
    answer(&question.query, clock.now())
}

fn answer(query: &str, now: Moment) -> (StatusCode, Json<Value>) {
    let samples = match promql::answer(query, now) {
        Ok(samples) => samples,
        Err(error) => {
            let body = json!({ "status": "error", "errorType": "bad_data", "error": error });
            return (StatusCode::BAD_REQUEST, Json(body));
        }
    };
    // The story's time is behind the counts; the samples themselves are of now, by the clock on the wall.
    let at = chrono::Utc::now().timestamp_millis() as f64 / 1_000.0;
    let series = |Sample { label, value }: Sample| {
        let metric: serde_json::Map<_, _> =
            label.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        json!({ "metric": metric, "value": [at, value.to_string()] })
    };
    let result: Vec<Value> = samples.into_iter().map(series).collect();
    let data = json!({ "resultType": "vector", "result": result });
    (StatusCode::OK, Json(json!({ "status": "success", "data": data })))
}
