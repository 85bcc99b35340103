//! The shop's status page: takes signed updates as a real one would, and shows them in a browser.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

/// Updates that the page keeps.
const KEPT: usize = 100;
/// How old a signature may be: what Standard Webhooks recommends.
const REPLAY_WINDOW: Duration = Duration::from_secs(300);

/// Something that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The sender's key: the same message has the same one.
    pub id: String,
    pub to: Readers,
    pub subject: Line,
    pub body: Text,
    pub at: Timestamp,
    /// How many times it arrived. More than once would be the sender's fault; it is shown once all the same.
    pub arrivals: u32,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Customers,
    Staff,
}

/// The page, for whoever has it in the same process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StatusPage {
    address: SocketAddr,
    secret: Arc<SecretString>,
    published: Arc<Mutex<VecDeque<Published>>>,
}

#[derive(Deserialize)]
struct Payload {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    subject: Line,
    body: Text,
}

impl StatusPage {
    pub(super) fn new(address: SocketAddr, secret: SecretString) -> Self {
        StatusPage { address, secret: Arc::new(secret), published: Arc::default() }
    }

    /// Where a browser finds it.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What was published, oldest first: the last hundred.
    pub fn published(&self) -> Vec<Published> {
        self.lock().iter().cloned().collect()
    }

    pub(super) async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let router = Router::new()
            .route("/", get(show))
            .route("/updates", post(for_customers))
            .route("/staff", post(for_staff))
            .with_state(self);
        let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::warn!(%error, "the demo's status page ended");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Published>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(
        &self,
        to: Readers,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), (StatusCode, &'static str)> {
        let refused = (StatusCode::UNAUTHORIZED, "the signature is not ours, or too old\n");
        let id = self.signed(headers, body, now).ok_or(refused)?;
        let payload: Payload = serde_json::from_slice(body)
            .map_err(|_| (StatusCode::BAD_REQUEST, "this is no update that the page knows\n"))?;
        let mut published = self.lock();
        if let Some(known) = published.iter_mut().find(|known| known.id == id) {
            known.arrivals = known.arrivals.saturating_add(1);
            return Ok(());
        }
        if published.len() >= KEPT {
            published.pop_front();
        }
        let Data { subject, body } = payload.data;
        published.push_back(Published { id, to, subject, body, at: now, arrivals: 1 });
        Ok(())
    }

    /// The message's id, if it was signed with our secret, and lately.
    fn signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<String> {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let signed_at = Timestamp::from_millis(timestamp.parse::<i64>().ok()?.checked_mul(1_000)?);
        if now.since(signed_at).max(signed_at.since(now)) > REPLAY_WINDOW {
            return None;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        // Several signatures while a secret is being changed.
        let signatures = header("webhook-signature")?.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let right = signatures
            .filter_map(|signature| STANDARD.decode(signature).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        right.then(|| id.to_owned())
    }
}

type Answer = Result<StatusCode, (StatusCode, &'static str)>;

async fn for_customers(page: State<StatusPage>, headers: HeaderMap, body: Bytes) -> Answer {
    arrived(&page, Readers::Customers, &headers, &body)
}

async fn for_staff(page: State<StatusPage>, headers: HeaderMap, body: Bytes) -> Answer {
    arrived(&page, Readers::Staff, &headers, &body)
}

fn arrived(page: &StatusPage, to: Readers, headers: &HeaderMap, body: &[u8]) -> Answer {
    page.take(to, headers, body, Timestamp::from(chrono::Utc::now())).map(|()| StatusCode::ACCEPTED)
}

/// What customers see, newest first, as plain text: nothing in it can be markup.
async fn show(State(page): State<StatusPage>) -> ([(&'static str, &'static str); 2], String) {
    let mut text = String::from("Shop status (a demo: everything here is made up)\n");
    for update in page.published().iter().rev().filter(|update| update.to == Readers::Customers) {
        // Writing to a String has no way to fail.
        let _ = write!(text, "\n── {} ──\n{}\n\n{}\n", update.at, update.subject, update.body);
    }
    let headers = [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")];
    (headers, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> StatusPage {
        StatusPage::new(([127, 0, 0, 1], 1).into(), SecretString::from("secret"))
    }

    fn signed(secret: &str, body: &str) -> HeaderMap {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("INC-1/1.1000.{body}").as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "INC-1/1".parse().unwrap());
        headers.insert("webhook-timestamp", "1000".parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    const BODY: &str = r#"{"data":{"subject":"s","body":"b"}}"#;

    #[test]
    fn what_is_signed_is_published_once() {
        let (page, now) = (page(), Timestamp::from_millis(1_010_000));
        for _ in 0..2 {
            page.take(Readers::Customers, &signed("secret", BODY), BODY.as_bytes(), now).unwrap();
        }
        let published = page.published();
        assert_eq!(published.len(), 1);
        assert_eq!(published[0].arrivals, 2);
    }

    #[test]
    fn another_secret_another_body_and_an_old_signature_are_refused() {
        let (page, now) = (page(), Timestamp::from_millis(1_010_000));
        let late = Timestamp::from_millis(2_000_000);
        for (headers, body, now) in [
            (signed("other", BODY), BODY, now),
            (signed("secret", BODY), r#"{"data":{"subject":"s","body":"c"}}"#, now),
            (signed("secret", BODY), BODY, late),
            (HeaderMap::new(), BODY, now),
        ] {
            let refused = page.take(Readers::Customers, &headers, body.as_bytes(), now).unwrap_err();
            assert_eq!(refused.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(page.published(), []);
    }
}
