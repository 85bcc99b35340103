//! Raw HTTP that was made to break servers, at our own paths: what the collection calls `/v1/ingest/…` is our webhook.

use crate::bystander::Bystander;
use crate::corpus::{Row, need_the_collection, rows_of};

/// The statuses with which the hub may answer, and whether closing without an answer is one of the reactions.
fn reactions(row: &Row) -> (Vec<u16>, bool) {
    let numbers = row.expect.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 3);
    let mut statuses: Vec<u16> = numbers.filter_map(|word| word.parse().ok()).collect();
    match row.id.as_str() {
        // Compressed bodies are not taken at all, so that none of them is ever unpacked.
        "H021" | "H022" | "H023" => statuses.push(415),
        // Escaped in the log, or refused: the path is none of ours.
        "H012" => statuses.push(404),
        // Ignored: a body that is JSON and no webhook goes to the dead letters.
        "H016" => statuses.push(200),
        _ => {}
    }
    (statuses, row.expect.contains("close"))
}

/// The request, at a path that we have, with a token that is known unless the row is about tokens.
fn adapted(row: &Row, token: &str) -> Vec<u8> {
    let raw = row.bytes();
    match row.id.as_str() {
        "H022" | "H023" => {
            let coding = if row.id == "H022" { "gzip" } else { "gzip, gzip" };
            let head = format!(
                "POST /hooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                 Content-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
                raw.len()
            );
            return with_token(&[head.as_bytes(), &raw].concat(), token);
        }
        "H019" => return raw,
        _ => {}
    }
    let line_end = raw.windows(2).position(|two| two == b"\r\n").unwrap();
    let mut line = String::from_utf8(raw[..line_end].to_vec()).unwrap();
    let ours = [
        ("/v1/ingest/slack", "/hooks/alertmanager"),
        ("/v1/ingest/pagerduty", "/hooks/alertmanager"),
        ("/v1/ingest/x", "/hooks/alertmanager"),
        ("/v1/incidents/", "/api/v1/incidents/"),
        ("/v1/feed", "/api/v1/feed"),
        ("/v1/commands", "/api/v1/incidents"),
    ];
    if let Some((theirs, path)) = ours.iter().find(|(theirs, _)| line.contains(theirs)) {
        line = line.replace(theirs, path);
    }
    let request = [line.as_bytes(), &raw[line_end..]].concat();
    match row.id.as_str() {
        "H025" | "H026" | "H027" | "H029" | "H030" | "H031" | "H032" => request,
        _ => with_token(&request, token),
    }
}

fn with_token(request: &[u8], token: &str) -> Vec<u8> {
    let line_end = request.windows(2).position(|two| two == b"\r\n").unwrap();
    let header = format!("\r\nAuthorization: Bearer {token}");
    [&request[..line_end], header.as_bytes(), &request[line_end..]].concat()
}

#[test]
fn no_request_breaks_the_hub_and_each_gets_the_answer_that_it_deserves() {
    need_the_collection!();
    let mut bystander = Bystander::start();
    let person = bystander.hub.token();
    let mut wrong = Vec::new();
    // The one that takes its time is at the end.
    let mut rows = rows_of("http");
    rows.sort_by_key(|row| row.id == "H015");
    for row in rows {
        let what = format!("{} {}", row.id, row.what);
        let token = if matches!(&*row.id, "H010" | "H011" | "H033") { &person } else { &bystander.ingest };
        let request = adapted(&row, token);
        let mut before = bystander.before();
        let answer = bystander.send(&request);
        if row.id == "H015" {
            // Its time is what it is about.
            before.began = std::time::Instant::now();
        }
        let (statuses, may_close) = reactions(&row);
        match &answer {
            // What was smuggled behind it must not be read as another request.
            Some(answer) if row.id == "H001" && !answer.closes => wrong.push(format!("{what}: goes on")),
            Some(answer) if statuses.contains(&answer.status) => {}
            None if may_close => {}
            other => wrong.push(format!(
                "{what}: {:?} instead of {} ({})",
                other.as_ref().map(|answer| answer.status),
                row.expect,
                other
                    .as_ref()
                    .map(|answer| String::from_utf8_lossy(&answer.body).into_owned())
                    .unwrap_or_default()
            )),
        }
        bystander.unmoved(before, &what);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let log = String::from_utf8(bystander.hub.log()).unwrap();
    for planted in ["token=secret", "10.0.0.1", "\u{b}"] {
        assert!(!log.contains(planted), "{planted:?} is in the log");
    }
}
