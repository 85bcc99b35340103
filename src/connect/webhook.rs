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
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Serialize;
use sha2::Sha256;
use url::Url;

use super::settings::{SettingsError, WebhookSettings, read_secret};
use super::{Handover, NotReady, Parcel, Patience};
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

const PATIENCE: Patience = Patience { ready: Duration::from_secs(10), answer: Duration::from_secs(30) };

pub struct Webhook {
    url: Url,
    host: String,
    port: u16,
    key: SecretSlice<u8>,
    allow_private: bool,
    patience: Patience,
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
        if !(secure || url.scheme() == "http" && settings.allow_private) {
            return Err(SettingsError(
                "url: only https goes outside; http is for private addresses (allow_private = true)"
                    .to_owned(),
            ));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(SettingsError(format!("url: “{url}” names no host")));
        };
        // A name is looked at when it is used, for it may come to mean another address.
        let literal = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(url::Host::Domain(_)) | None => None,
        };
        if !settings.allow_private && literal.is_some_and(|address| !is_public(address)) {
            return Err(SettingsError(format!("url: {}", refusal_of_private(host))));
        }
        let key = signing_key(&read_secret(&settings.secret_file)?)?;
        let (host, allow_private) = (host.to_owned(), settings.allow_private);
        Ok(Webhook { host, port, key, allow_private, patience: PATIENCE, url })
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Webhook { patience, ..self }
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
        let address = tokio::time::timeout(self.patience.ready, self.reachable_address())
            .await
            .unwrap_or_else(|_| Err(NotReady::later(&format!("{} does not answer", self.host))))?;
        // Without a provider the builder below panics. An Err only says that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Only to the address that was checked, and nowhere that it might redirect to.
        let client = reqwest::Client::builder()
            .resolve(&self.host, address)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.patience.ready)
            .timeout(self.patience.ready + self.patience.answer)
            .no_proxy()
            .user_agent(concat!("warroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| NotReady::Never(Line::clean(&format!("no HTTP client: {error}"))))?;
        let id = parcel.key();
        // The time of this try: receivers refuse what is older than some minutes.
        let timestamp = now.as_millis().div_euclid(1000);
        let signature = self.signature(&id, timestamp, &body)?;
        let request = client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        Ok(Ready { host: self.host.clone(), request, now })
    }

    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<String, NotReady> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret())
            .map_err(|error| NotReady::Never(Line::clean(&format!("the secret cannot sign: {error}"))))?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    async fn reachable_address(&self) -> Result<SocketAddr, NotReady> {
        let host = self.host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, self.port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|error| NotReady::later(&format!("{}: {error}", self.host)))?.collect();
        let mut allowed: Vec<SocketAddr> = found;
        allowed.retain(|address| self.allow_private || is_public(address.ip()));
        if allowed.is_empty() {
            return Err(NotReady::Never(refusal_of_private(&self.host)));
        }
        let mut unreachable = NotReady::later(&format!("{} has no address", self.host));
        for address in allowed {
            match tokio::net::TcpStream::connect(address).await {
                Ok(_) => return Ok(address),
                Err(error) => unreachable = NotReady::later(&format!("{}: {error}", self.host)),
            }
        }
        Err(unreachable)
    }
}

/// Why nothing goes to a host whose address is private.
fn refusal_of_private(host: &str) -> Line {
    Line::clean(&format!(
        "{host} is not a public address; set allow_private = true for this destination if it is meant"
    ))
}

/// The bytes that sign. Standard Webhooks writes them as base64 behind `whsec_`, and receivers' libraries take that away;
/// any other secret signs as it stands.
fn signing_key(secret: &SecretString) -> Result<SecretSlice<u8>, SettingsError> {
    let raw = secret.expose_secret();
    let Some(encoded) = raw.strip_prefix("whsec_") else { return Ok(raw.as_bytes().to_vec().into()) };
    let decoded = STANDARD.decode(encoded).map_err(|_| {
        SettingsError("secret_file: what follows whsec_ is not base64; copy the secret as a whole".to_owned())
    })?;
    Ok(decoded.into())
}

/// A request whose receiver was there a moment ago.
pub struct Ready {
    host: String,
    request: reqwest::RequestBuilder,
    now: Timestamp,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Ready {
    pub(super) async fn hand_over(self) -> Handover {
        let Ready { host, request, now } = self;
        match request.send().await {
            Ok(response) => judge(&host, response.status(), retry_after(&response, now)),
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

/// What an answer's status says about whether the receiver has the message. 503 says that the request was not handled
/// (RFC 9110, section 15.6.4); a gateway that gave up (502, 504) and a receiver that failed at it (500) may have it.
fn judge(host: &str, status: StatusCode, retry_after: Option<Duration>) -> Handover {
    let detail = Line::clean(&format!("{host}: {status}"));
    match status.as_u16() {
        200..=299 => Handover::Taken(detail),
        408 | 425 | 429 | 503 => Handover::NotNow { detail, retry_after },
        300..=499 => Handover::Refused(detail),
        _ => Handover::Unknown(detail),
    }
}

/// In both forms of RFC 9110, section 10.2.3: seconds, or a date.
fn retry_after(response: &reqwest::Response, now: Timestamp) -> Option<Duration> {
    parse_retry_after(response.headers().get(RETRY_AFTER)?.to_str().ok()?, now)
}

fn parse_retry_after(raw: &str, now: Timestamp) -> Option<Duration> {
    let raw = raw.trim();
    match raw.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => chrono::DateTime::parse_from_rfc2822(raw)
            .ok()
            .map(|date| Timestamp::from(date.with_timezone(&chrono::Utc)).since(now)),
    }
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
    fn an_address_that_is_private_is_refused_before_anything_is_sent_there() {
        for url in ["https://10.0.0.7/hook", "https://[::1]/hook", "https://169.254.169.254/"] {
            let settings = WebhookSettings {
                url: url.parse().unwrap(),
                secret_file: "/nowhere".into(),
                allow_private: false,
            };
            let error = Webhook::new(&settings).unwrap_err().0;
            assert!(error.contains("is not a public address") && error.contains("allow_private"), "{error}");
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
        // openssl dgst -sha256 -hmac plain-secret -binary (of: msg_1.1614265330.{"test": 2432232314}, without a newline) | base64
        for secret in ["plain-secret", "whsec_cGxhaW4tc2VjcmV0"] {
            let webhook = Webhook {
                url: "https://h.example/".parse().unwrap(),
                host: "h.example".to_owned(),
                port: 443,
                key: signing_key(&SecretString::from(secret)).unwrap(),
                allow_private: false,
                patience: PATIENCE,
            };
            let signature = webhook.signature("msg_1", 1_614_265_330, b"{\"test\": 2432232314}").unwrap();
            assert_eq!(signature, EXPECTED, "{secret}");
        }
        assert!(signing_key(&SecretString::from("whsec_?")).is_err());
    }

    #[test]
    fn a_receiver_says_in_seconds_or_by_date_when_to_come_again() {
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        let parse = |raw| parse_retry_after(raw, now).map(|wait| wait.as_secs());
        assert_eq!(parse("120"), Some(120));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:00 GMT"), Some(60));
        assert_eq!(parse("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(parse("soon"), None);
    }

    const EXPECTED: &str = "v1,KtqvuXtSlAQZIOEaWbKlE2v9/hMAkYGUOlH+9Eaq3Ds=";
}
