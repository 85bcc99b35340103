//! The shop that is having a bad day: its traffic as a function of time, and an HTTP server that answers the hub's SLO
//! queries as Prometheus would. Counters are integrals of the traffic, so every window of every query is consistent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Seconds since the demo began; before that the shop has always been well. May be negative.
pub type Moment = f64;

/// One service of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Checkout,
    Cart,
    Search,
}

/// When the canary goes wrong, how far it spreads, and when it is rolled back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trouble {
    pub begins: Moment,
    pub full: Moment,
    pub rolled_back: Moment,
    pub over: Moment,
}

impl Service {
    const ALL: [Service; 3] = [Service::Checkout, Service::Cart, Service::Search];

    fn name(self) -> &'static str {
        match self {
            Service::Checkout => "checkout",
            Service::Cart => "cart",
            Service::Search => "search",
        }
    }

    /// Requests a second.
    fn rate(self) -> f64 {
        match self {
            Service::Checkout => 240.0,
            Service::Cart => 410.0,
            Service::Search => 900.0,
        }
    }

    /// The share of requests that fail on a good day.
    fn everyday_errors(self) -> f64 {
        match self {
            Service::Checkout => 0.000_32,
            Service::Cart => 0.000_4,
            Service::Search => 0.001_1,
        }
    }

    /// The share that fails at the height of the trouble.
    fn worst_errors(self) -> f64 {
        match self {
            Service::Checkout => 0.121,
            Service::Cart => 0.026,
            Service::Search => 0.0,
        }
    }
}

impl Trouble {
    /// How bad it is at a moment, from 0 to 1: rises while the canary grows, falls while it is rolled back.
    fn depth(&self, at: Moment) -> f64 {
        let up = (at - self.begins) / (self.full - self.begins);
        let down = (self.over - at) / (self.over - self.rolled_back);
        up.min(down).clamp(0.0, 1.0)
    }

    /// The integral of the depth over a span, by the midpoint of each second.
    fn spent(&self, from: Moment, to: Moment) -> f64 {
        let (from, to) = (from.max(self.begins), to.min(self.over));
        if to <= from {
            return 0.0;
        }
        let steps = (to - from).ceil().max(1.0);
        let width = (to - from) / steps;
        let mut sum = 0.0;
        let mut middle = from + width / 2.0;
        while middle < to {
            sum += self.depth(middle) * width;
            middle += width;
        }
        sum
    }

    /// Requests and failures of a service within a window that ends at `now`.
    pub fn counts(&self, service: Service, now: Moment, window: f64) -> (f64, f64) {
        let requests = service.rate() * window;
        let extra = service.rate() * service.worst_errors() * self.spent(now - window, now);
        (requests, requests * service.everyday_errors() + extra)
    }

    /// The share of failures right now.
    pub fn error_ratio(&self, service: Service, now: Moment) -> f64 {
        let (requests, errors) = self.counts(service, now, 30.0);
        errors / requests
    }
}

/// Runs the shop's metrics server until `shutdown`; gives its address.
///
/// # Errors
///
/// When no port can be had.
pub async fn serve(trouble: Trouble, clock: Clock, shutdown: CancellationToken) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let shop = Arc::new(Shop { trouble, clock });
    let router = Router::new().route("/api/v1/query", get(query).post(query_form)).with_state(shop);
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::warn!("the demo's metrics server ended: {error}");
        }
    });
    Ok(address)
}

/// The demo's own time: as many times faster than life as was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub began: Instant,
    pub speed: f64,
}

impl Clock {
    pub fn now(&self) -> Moment {
        self.began.elapsed().as_secs_f64() * self.speed
    }

    /// How long until a moment, in real time.
    pub fn until(&self, moment: Moment) -> Duration {
        Duration::try_from_secs_f64((moment - self.now()) / self.speed).unwrap_or(Duration::ZERO)
    }
}

#[derive(Debug)]
struct Shop {
    trouble: Trouble,
    clock: Clock,
}

#[derive(Debug, Deserialize)]
struct Question {
    query: String,
}

async fn query(State(shop): State<Arc<Shop>>, Query(question): Query<Question>) -> Json<Value> {
    Json(shop.answer(&question.query))
}

async fn query_form(
    State(shop): State<Arc<Shop>>,
    axum::extract::Form(question): axum::extract::Form<Question>,
) -> Json<Value> {
    Json(shop.answer(&question.query))
}

impl Shop {
    /// An instant vector with one sample, or an empty one for what the shop does not know.
    fn answer(&self, query: &str) -> Value {
        let at = chrono::Utc::now().timestamp_millis();
        let samples = self.value(query).map(|value| {
            json!({ "metric": {}, "value": [at as f64 / 1000.0, value.to_string()] })
        });
        let result: Vec<Value> = samples.into_iter().collect();
        json!({ "status": "success", "data": { "resultType": "vector", "result": result } })
    }

    fn value(&self, query: &str) -> Option<f64> {
        let service = Service::ALL
            .into_iter()
            .find(|service| query.contains(&format!("service=\"{}\"", service.name())))?;
        let window = query.split('[').nth(1)?.split(']').next().and_then(seconds)?;
        let (requests, errors) = self.trouble.counts(service, self.clock.now(), window);
        if query.contains("shop_errors_total") {
            Some(errors)
        } else if query.contains("shop_requests_total") {
            Some(requests)
        } else {
            None
        }
    }
}

/// `5m`, `1h`, `28d` in seconds.
fn seconds(duration: &str) -> Option<f64> {
    let number: f64 = duration.get(..duration.len().checked_sub(1)?)?.parse().ok()?;
    let unit = match duration.chars().last()? {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        'd' => 86_400.0,
        'w' => 604_800.0,
        _ => return None,
    };
    Some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TROUBLE: Trouble = Trouble { begins: 40.0, full: 100.0, rolled_back: 400.0, over: 430.0 };

    #[test]
    fn the_trouble_begins_grows_and_ends_when_the_story_says() {
        assert!(TROUBLE.error_ratio(Service::Checkout, 39.0) < 0.001);
        assert!(TROUBLE.error_ratio(Service::Checkout, 200.0) > 0.12);
        assert!(TROUBLE.error_ratio(Service::Checkout, 480.0) < 0.001);
        assert!(TROUBLE.error_ratio(Service::Search, 200.0) < 0.002);
    }

    #[test]
    fn a_longer_window_holds_what_shorter_ones_hold() {
        let (_, short) = TROUBLE.counts(Service::Checkout, 300.0, 300.0);
        let (_, long) = TROUBLE.counts(Service::Checkout, 300.0, 3600.0);
        assert!(long > short && short > 0.0);
    }

    #[test]
    fn queries_are_answered_by_service_metric_and_window() {
        let shop = Shop { trouble: TROUBLE, clock: Clock { began: Instant::now(), speed: 1.0 } };
        let answer = shop.answer("sum(increase(shop_requests_total{service=\"cart\"}[5m]))");
        assert_eq!(answer["data"]["result"][0]["value"][1], "123000");
        assert_eq!(shop.answer("up")["data"]["result"], json!([]));
    }
}
