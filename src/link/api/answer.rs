//! How an answer is read: no more of it than we can hold, and errors as the problems that they are.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use super::ApiError;
use crate::domain::text::{Line, Text};
use crate::link::address::HubUrl;
use crate::wire::problem::Problem;

/// The most bytes of an answer that are read.
const LARGEST: usize = 16 * 1024 * 1024;

pub(super) async fn read(hub: &HubUrl, mut response: Response) -> Result<Vec<u8>, ApiError> {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| {
        let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds.min(3600)))
    });
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) <= LARGEST => {
                body.extend_from_slice(&chunk)
            }
            Ok(Some(_)) => {
                let words =
                    format!("{hub} answered with more than 16 MiB; ask for less at a time with `limit`");
                return Err(ApiError::NotUnderstood(Line::clean(&words)));
            }
            Ok(None) => break,
            Err(error) => return Err(super::error::unanswered(hub, &error)),
        }
    }
    if status.is_success() {
        return Ok(body);
    }
    if let Ok(problem) = serde_json::from_slice::<Problem>(&body) {
        return Err(ApiError::Refused {
            problem: Problem { status: status.as_u16(), ..problem },
            retry_after,
        });
    }
    Err(strange(hub, status.as_u16(), retry_after))
}

/// An error that does not come from a hub: from a proxy before it, or from something else that lives there.
fn strange(hub: &HubUrl, status: u16, retry_after: Option<Duration>) -> ApiError {
    let detail = match status {
        300..=399 => format!("{hub} redirects elsewhere; give the hub's own address in WARROOM_HUB"),
        401 | 403 => {
            format!("{hub} wants other credentials before the hub is asked; is there a proxy in front of it?")
        }
        404 => format!("there is no warroom hub at {hub}; check WARROOM_HUB"),
        502..=504 => format!("what stands before the hub at {hub} cannot reach it (status {status})"),
        _ => format!("{hub} answered with status {status} and no reason"),
    };
    if status < 400 {
        return ApiError::NotUnderstood(Line::clean(&detail));
    }
    let problem = Problem {
        kind: Line::clean("about:blank"),
        title: Line::clean("Not the hub's answer"),
        status,
        detail: Text::clean(&detail),
        revision: None,
    };
    ApiError::Refused { problem, retry_after }
}
