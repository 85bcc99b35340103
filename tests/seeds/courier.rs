//! Commands over the simulated network: one HTTP request a connection. What an answer means is the link's to say.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use warroom::domain::command::Outcome;
use warroom::domain::text::Line;
use warroom::link::Problem;
use warroom::link::api::ApiError;
use warroom::link::outbox::{Courier, Item};
use warroom::wire::route;

use crate::network::Wire;

/// As long as the real client waits.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Carrier {
    pub wire: Wire,
    pub token: String,
}

impl Courier for Carrier {
    fn deliver(&self, item: Item) -> BoxFuture<'static, Result<Outcome, ApiError>> {
        let (wire, token) = (self.wire.clone(), self.token.clone());
        Box::pin(async move {
            let request = route::request(&item.command).unwrap();
            let body = serde_json::to_vec(&request.body).unwrap();
            let head = format!(
                "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                request.path,
                item.id,
                body.len()
            );
            let answered = timeout(PATIENCE, exchange(&wire, [head.as_bytes(), &body].concat())).await;
            answered.unwrap_or_else(|_| Err(ApiError::NoAnswer(Line::clean("no answer in 20 s"))))
        })
    }
}

async fn exchange(wire: &Wire, request: Vec<u8>) -> Result<Outcome, ApiError> {
    let unreachable = |error: std::io::Error| ApiError::Unreachable(Line::clean(&error.to_string()));
    let no_answer = || ApiError::NoAnswer(Line::clean("the connection broke"));
    let mut stream = wire.connect().await.map_err(unreachable)?;
    let mut answer = Vec::new();
    stream.write_all(&request).await.map_err(|_| no_answer())?;
    stream.read_to_end(&mut answer).await.map_err(|_| no_answer())?;
    let (status, body) = parse(&answer).ok_or_else(no_answer)?;
    if status < 300 {
        return serde_json::from_slice(body)
            .map_err(|error| ApiError::NotUnderstood(Line::clean(&error.to_string())));
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Err(ApiError::Refused { problem, retry_after: None }),
        Err(error) => Err(ApiError::NotUnderstood(Line::clean(&error.to_string()))),
    }
}

/// Status and body of a whole answer.
fn parse(answer: &[u8]) -> Option<(u16, &[u8])> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = head.split_once("content-length: ")?.1.split("\r\n").next()?.parse().ok()?;
    let body = &answer[end + 4..];
    (body.len() == length).then_some((status, body))
}
