//! Bounds on what anybody can make the hub do. They are stated in the OpenAPI document.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::error::{ApiError, Kind};
use super::settings::Limits;

/// The most bytes in the body of a request to the API.
pub const API_BODY: usize = 1024 * 1024;
/// The most bytes in the body of a delivery of alerts.
pub const INGEST_BODY: usize = 8 * 1024 * 1024;
/// How deep JSON may be nested.
pub const JSON_DEPTH: usize = 64;
/// How long the head of a request may take, a TLS handshake before it included.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a request may take from its head to its answer.
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

/// Refuses JSON that is nested too deeply before a parser sees it. Says nothing about JSON that is wrong otherwise.
pub(super) fn check_depth(json: &[u8]) -> Result<(), ApiError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > JSON_DEPTH {
                    let detail = format!("the JSON is nested more than {JSON_DEPTH} deep");
                    return Err(ApiError::malformed(detail));
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_but_not_those_in_strings() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(check_depth(nested(JSON_DEPTH).as_bytes()).is_ok());
        assert!(check_depth(nested(JSON_DEPTH + 1).as_bytes()).is_err());
        assert!(check_depth(format!("\"\\\"{}\"", "[".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn a_token_that_asks_too_often_is_told_when_to_come_back_and_others_are_not() {
        let rates = Rates::new(&Limits { requests_per_second: 1, burst: 2, ..Limits::default() });
        assert!(rates.take("a").is_ok() && rates.take("a").is_ok());
        assert_eq!(rates.take("a").unwrap_err().status(), 429);
        assert!(rates.take("b").is_ok());
    }
}
