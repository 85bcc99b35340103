//! Byte streams that no terminal sends, after a real handshake.

use crate::bystander::Bystander;
use crate::corpus::{Row, need_the_collection, rows_of};

/// What becomes of the session.
#[derive(Debug)]
enum Reaction {
    /// It is closed with one of these codes.
    Closed(Vec<u16>),
    /// It goes on, and nothing has happened: the feed takes no commands, and what it does not know is from a newer
    /// terminal. Commands go by HTTP, where an answer has a place.
    GoesOn,
}

fn reaction(row: &Row) -> Reaction {
    let numbers = row.expect.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 4);
    let mut codes: Vec<u16> = numbers.filter_map(|word| word.parse().ok()).collect();
    match row.id.as_str() {
        // 2,000 bytes in 2,000 pieces, or none at all: far below what a message may have. What follows decides.
        "W014" | "W015" => Reaction::GoesOn,
        // A length that no protocol allows is too large as well.
        "W012" => {
            codes.push(1009);
            Reaction::Closed(codes)
        }
        // The close is answered; what comes after it is not read.
        "W020" => Reaction::Closed(vec![1000]),
        "W021" | "W024" | "W025" | "W028" | "W029" | "W030" | "W031" | "W033" => Reaction::GoesOn,
        _ => {
            assert!(!codes.is_empty(), "{} expects {}; say what that is here", row.id, row.expect);
            Reaction::Closed(codes)
        }
    }
}

/// A final continuation without content, masked with zeros, and an empty ping.
const END_OF_MESSAGE: [u8; 6] = [0x80, 0x80, 0, 0, 0, 0];
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

#[test]
fn no_stream_breaks_the_feed_and_each_is_closed_with_the_code_for_it() {
    need_the_collection!();
    let mut bystander = Bystander::start();
    let mut wrong = Vec::new();
    for row in rows_of("websocket") {
        let what = format!("{} {}", row.id, row.what);
        let mut feed = bystander.feed();
        feed.frame();
        let before = bystander.before();
        feed.write(&row.bytes());
        match reaction(&row) {
            Reaction::Closed(codes) => match feed.closed() {
                Some(code) if codes.contains(&code) => {}
                other => wrong.push(format!("{what}: {other:?} instead of {}", row.expect)),
            },
            Reaction::GoesOn => {
                if matches!(row.id.as_str(), "W014" | "W015") {
                    feed.write(&END_OF_MESSAGE);
                }
                feed.write(&PING);
                let answered = std::iter::from_fn(|| feed.next()).take(50).any(|frame| frame.opcode == 10);
                if !answered {
                    wrong.push(format!("{what}: the session has ended"));
                }
            }
        }
        bystander.unmoved(before, &what);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Whoever is there still hears everything.
    bystander.feed().frame();
}
