//! A signed webhook in the form of Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! The receiver can know a repetition by `webhook-id`, and can check who sent it with the shared secret.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::Sha256;
use url::Url;

use super::settings::{SettingsError, WebhookSettings, read_secret};
use super::{Handover, NotReady, Parcel};
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

/// How long the receiver may take to connect, and then to answer.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);

pub struct Webhook {
    url: Url,
    host: String,
    port: u16,
    secret: SecretString,
    allow_private: bool,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// What the receiver gets.
#[derive(Debug, Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    incident: IncidentId,
    update: CommsId,
    subject: &'a Line,
    body: &'a Text,
}

impl Webhook {
    /// # Errors
    ///
    /// When the URL is not one that can be posted to, or the secret cannot be read.
    pub fn new(settings: &WebhookSettings) -> Result<Self, SettingsError> {
        let url = settings.url.clone();
        let secure = url.scheme() == "https";
        if !secure && !(url.scheme() == "http" && settings.allow_private) {
            return Err(SettingsError(
                "url: only https goes outside; http is for private addresses (allow_private = true)"
                    .to_owned(),
            ));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(SettingsError(format!("url: “{url}” names no host")));
        };
        let secret = read_secret(&settings.secret_file)?;
        Ok(Webhook { host: host.to_owned(), port, secret, allow_private: settings.allow_private, url })
    }

    /// Finds the address, refuses private ones, and tries whether somebody listens there.
    pub(super) async fn prepare(&self, parcel: &Parcel, now: Timestamp) -> Result<Ready, NotReady> {
        let body = Payload {
            kind: "incident.update",
            timestamp: parcel.published_at,
            data: Data {
                incident: parcel.incident,
                update: parcel.comms,
                subject: &parcel.subject,
                body: &parcel.body,
            },
        };
        let body = serde_json::to_vec(&body).map_err(|error| {
            NotReady::Never(Line::clean(&format!("the message cannot be written: {error}")))
        })?;
        let address = tokio::time::timeout(CONNECT, self.reachable_address())
            .await
            .unwrap_or_else(|_| Err(NotReady::later(&format!("{} does not answer", self.host))))?;
        // Only to the address that was checked, and nowhere that it might redirect to.
        let client = reqwest::Client::builder()
            .resolve(&self.host, address)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .no_proxy()
            .user_agent(concat!("warroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| NotReady::Never(Line::clean(&format!("no HTTP client: {error}"))))?;
        let key = parcel.key();
        // The time of this try: receivers refuse what is older than some minutes.
        let timestamp = now.as_millis().div_euclid(1000);
        let signature = self.signature(&key, timestamp, &body)?;
        let request = client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", key)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        Ok(Ready { host: self.host.clone(), request })
    }

    fn signature(&self, key: &str, timestamp: i64, body: &[u8]) -> Result<String, NotReady> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())
            .map_err(|error| NotReady::Never(Line::clean(&format!("the secret cannot sign: {error}"))))?;
        mac.update(format!("{key}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    async fn reachable_address(&self) -> Result<SocketAddr, NotReady> {
        let host = self.host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, self.port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|error| NotReady::later(&format!("{}: {error}", self.host)))?.collect();
        let mut allowed =
            found.iter().copied().filter(|address| self.allow_private || is_public(address.ip()));
        let Some(address) = allowed.next() else {
            return Err(NotReady::Never(Line::clean(&format!(
                "{} is not a public address; set allow_private for this destination if it is meant",
                self.host
            ))));
        };
        match tokio::net::TcpStream::connect(address).await {
            Ok(_) => Ok(address),
            Err(error) => Err(NotReady::later(&format!("{}: {error}", self.host))),
        }
    }
}

/// A request whose receiver was there a moment ago.
pub struct Ready {
    host: String,
    request: reqwest::RequestBuilder,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Ready {
    pub(super) async fn hand_over(self) -> Handover {
        let host = self.host;
        match self.request.send().await {
            Ok(response) => judge(&host, response.status(), retry_after(&response)),
            Err(error) if error.is_connect() => Handover::NotNow {
                detail: Line::clean(&format!("{host} cannot be reached")),
                retry_after: None,
            },
            Err(error) if error.is_timeout() => {
                Handover::Unknown(Line::clean(&format!("{host} took the message and did not answer")))
            }
            Err(_) => {
                Handover::Unknown(Line::clean(&format!("the connection to {host} broke before the answer")))
            }
        }
    }
}

/// What an answer's status says about whether the receiver has the message.
fn judge(host: &str, status: StatusCode, retry_after: Option<Duration>) -> Handover {
    let detail = Line::clean(&format!("{host}: {status}"));
    match status.as_u16() {
        200..=299 => Handover::Taken(detail),
        408 | 425 | 429 | 503 => Handover::NotNow { detail, retry_after },
        300..=499 => Handover::Refused(detail),
        _ => Handover::Unknown(detail),
    }
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether an address belongs to the open internet. What is not certain counts as private.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let reserved = a == 0 || a >= 240 || (a == 192 && b == 0 && c == 0) || (a == 198 && (b == 18 || b == 19));
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_broadcast()
        || shared
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast, without documentation, 6to4 and Teredo, which can hide a private IPv4 address.
    (first & 0xe000) == 0x2000 && first != 0x2002 && !(first == 0x2001 && (second == 0 || second == 0x0db8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_known() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_answer_that_says_nothing_is_unknown_and_a_clear_no_is_not() {
        let judge = |status: u16| judge("h", StatusCode::from_u16(status).unwrap(), None);
        assert!(matches!(judge(204), Handover::Taken(_)));
        assert!(matches!(judge(429), Handover::NotNow { .. }));
        assert!(matches!(judge(503), Handover::NotNow { .. }));
        assert!(matches!(judge(301), Handover::Refused(_)));
        assert!(matches!(judge(404), Handover::Refused(_)));
        assert!(matches!(judge(500), Handover::Unknown(_)));
        assert!(matches!(judge(502), Handover::Unknown(_)));
    }

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let secret = String::from_utf8_lossy(b"plain-secret").into_owned();
        let webhook = Webhook {
            url: "https://h.example/".parse().unwrap(),
            host: "h.example".to_owned(),
            port: 443,
            secret: SecretString::from(secret),
            allow_private: false,
        };
        let signature = webhook.signature("msg_1", 1_614_265_330, b"{\"test\": 2432232314}").unwrap();
        // openssl dgst -sha256 -hmac plain-secret -binary (of: msg_1.1614265330.{"test": 2432232314}, without a newline) | base64
        assert_eq!(signature, EXPECTED);
    }

    const EXPECTED: &str = "v1,KtqvuXtSlAQZIOEaWbKlE2v9/hMAkYGUOlH+9Eaq3Ds=";
}
