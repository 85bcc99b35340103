//! Bounds on what anybody can make the hub do. They are stated in the OpenAPI document.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::error::{ApiError, Kind};
use super::settings::Limits;

/// The most bytes in the body of a request to the API.
pub const API_BODY: usize = 1024 * 1024;
/// The most bytes in the body of a delivery of alerts.
pub const INGEST_BODY: usize = 8 * 1024 * 1024;
/// The most bytes in the body of a delivery of changes.
pub const CHANGE_BODY: usize = 1024 * 1024;
/// The most bytes of a body that is read before it is known who sends, because the token is in it.
pub const UNKNOWN_BODY: usize = 64 * 1024;
/// The most deliveries of alerts that one token may have under way.
pub const SOURCE_REQUESTS: usize = 256;
/// The most bytes of deliveries that one token may have under way: 64 connections with a MiB each.
pub const SOURCE_BYTES: usize = 64 * 1024 * 1024;
/// How deep JSON may be nested.
pub const JSON_DEPTH: usize = 64;
/// How long the head of a request may take, a TLS handshake before it included.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a body may stand still before it has ended.
pub const BODY_SILENCE: Duration = Duration::from_secs(10);
/// How long a request may take from its head to its answer. warroom's own clients give up sooner, and ask again.
pub const REQUEST_TIME: Duration = Duration::from_secs(30);
/// The most headers of a request.
pub const HEADERS: usize = 64;
/// The most bytes of a request's head.
pub const HEAD_BYTES: usize = 32 * 1024;
/// Above this many callers the ones that have been quiet are forgotten.
const CALLERS: usize = 10_000;

/// How often each token may call the API.
#[derive(Debug)]
pub(super) struct Rates {
    callers: DefaultKeyedRateLimiter<String>,
}

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(limits.requests_per_second))
            .allow_burst(at_least_one(limits.burst));
        Rates { callers: RateLimiter::keyed(quota) }
    }

    /// Counts one request of the token with this id.
    pub fn take(&self, token: &str) -> Result<(), ApiError> {
        if self.callers.len() > CALLERS {
            self.callers.retain_recent();
        }
        let Err(early) = self.callers.check_key(&token.to_owned()) else { return Ok(()) };
        let seconds = early.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        let detail = format!("this token has asked too often; wait {seconds} s and go on more slowly");
        Err(ApiError::new(Kind::TooMany, detail).retry_after(seconds))
    }
}

/// Why JSON is refused before a parser sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    #[error("the JSON is nested more than {JSON_DEPTH} deep")]
    TooDeep,
    #[error("a string holds half a character (a lone surrogate)")]
    HalfCharacter,
}

impl From<BadJson> for ApiError {
    fn from(bad: BadJson) -> Self {
        ApiError::malformed(bad.to_string())
    }
}

/// By which names the hub may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Whatever leads here: a proxy's business, or the certificate's.
    Any,
    /// On this machine only, in the clear: its addresses and `localhost`. Any other name is a web page that had its
    /// own name point here, and asks as somebody's browser.
    OfThisMachine,
}

/// Refuses what may mean something else to a proxy in front of the hub, and names that are not the hub's.
pub(super) fn check_head(names: Names, headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::TRANSFER_ENCODING) && headers.contains_key(header::CONTENT_LENGTH) {
        return Err(ApiError::malformed(
            "the request has both Content-Length and Transfer-Encoding; send one of them",
        ));
    }
    let Some(host) = headers.get(header::HOST).filter(|_| names == Names::OfThisMachine) else {
        return Ok(());
    };
    if host.to_str().is_ok_and(is_of_this_machine) {
        return Ok(());
    }
    Err(ApiError::new(
        Kind::Misdirected,
        "this hub is for this machine and goes by localhost or an address; set `behind_proxy` where a proxy gives it \
         another name",
    ))
}

/// An address, or a name that can only be this machine's.
fn is_of_this_machine(host: &str) -> bool {
    // Nearly every request says one of these; the rest is for a parser that knows all ways to write them.
    if host.parse::<std::net::SocketAddr>().is_ok() || host.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let url = url::Url::parse(&format!("http://{host}/")).ok();
    match url.as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Refuses JSON that is nested too deeply before a parser sees it, and half characters (lone surrogates), which parsers
/// read differently or not at all. Says nothing about JSON that is wrong otherwise.
///
/// # Errors
///
/// See [`BadJson`].
pub fn check_json(json: &[u8]) -> Result<(), BadJson> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at = behind_string(json, at)?,
            b'[' | b'{' => {
                depth += 1;
                if depth > JSON_DEPTH {
                    return Err(BadJson::TooDeep);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Where the string ends whose first character stands here; the end of everything for one that has no end.
fn behind_string(json: &[u8], from: usize) -> Result<usize, BadJson> {
    let mut at = from;
    loop {
        let rest = json.get(at..).unwrap_or_default();
        let Some(found) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
            return Ok(json.len());
        };
        at += found + 1;
        if rest.get(found) == Some(&b'"') {
            return Ok(at);
        }
        // Past the character that is escaped; the digits of `\u` are characters like others.
        at += 1;
        if json.get(at - 1) != Some(&b'u') {
            continue;
        }
        let follows = json.get(at + 4..at + 6) == Some(b"\\u");
        match (unit(json, at - 1), unit(json, at + 5)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) if follows => at += 10,
            (Some(0xD800..=0xDFFF), _) => {
                return Err(BadJson::HalfCharacter);
            }
            (_, _) => {}
        }
    }
}

/// The UTF-16 unit of the escape whose `u` stands here.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = std::str::from_utf8(json.get(at + 1..at + 5)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_of_this_machine_goes_by_no_other_name() {
        let ask = |names, host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            check_head(names, &headers).map_err(|error| error.status())
        };
        for host in ["127.0.0.1:7373", "localhost", "LOCALHOST:1", "[::1]:7373", "hub.localhost", "10.0.0.7"]
        {
            assert_eq!(ask(Names::OfThisMachine, host), Ok(()), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "evil.example:7373", "a b", "", "@localhost:x"]
        {
            assert!(ask(Names::OfThisMachine, host).is_err(), "{host}");
        }
        assert_eq!(ask(Names::Any, "warroom.shop.example"), Ok(()));
        assert_eq!(check_head(Names::OfThisMachine, &HeaderMap::new()), Ok(()));
    }

    #[test]
    fn depth_counts_brackets_but_not_those_in_strings() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(check_json(nested(JSON_DEPTH).as_bytes()).is_ok());
        assert!(check_json(nested(JSON_DEPTH + 1).as_bytes()).is_err());
        assert!(check_json(format!("\"\\\"{}\"", "[".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn half_a_character_is_refused_and_a_whole_one_is_not() {
        let good =
            [r#""\ud83d\ude80""#, r#""\u00e4""#, r#""\\ud800""#, r#""\ud83d\ude80\ud83d\ude80""#, r#""\u""#];
        for json in good {
            assert!(check_json(json.as_bytes()).is_ok(), "{json}");
        }
        let bad =
            [r#""\ud800""#, r#""\ude80""#, r#""\ud83dx\ude80""#, r#""\ud83d\ud83d""#, r#""\ud83d\u0041""#];
        for json in bad {
            assert!(check_json(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn a_token_that_asks_too_often_is_told_when_to_come_back_and_others_are_not() {
        let rates = Rates::new(&Limits { requests_per_second: 1, burst: 2, ..Limits::default() });
        assert!(rates.take("a").is_ok() && rates.take("a").is_ok());
        assert_eq!(rates.take("a").unwrap_err().status(), 429);
        assert!(rates.take("b").is_ok());
    }
}
