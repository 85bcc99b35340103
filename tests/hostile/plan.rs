//! What becomes of each row of the manifest: run, run with another reaction than the one that was asked for, or not run
//! because what it is about is not there. Nothing is passed over in silence.

use std::collections::BTreeMap;

use crate::corpus::{Row, need_the_collection, rows};

enum Plan {
    /// As the manifest asks.
    Run,
    /// Sent, with the reaction that our interfaces promise in place of the manifest's.
    Other(&'static str),
    /// There is nothing yet that could be tested.
    Missing(&'static str),
}

fn plan(row: &Row) -> Plan {
    match row.interface.as_str() {
        "terminal" => terminal(&row.id),
        "webhook-json" => json(&row.id),
        "http" => http(&row.id),
        "websocket" => websocket(&row.id),
        "ssh" => Plan::Missing("there is no ssh server"),
        "openslo-yaml" => Plan::Run,
        "toml" => toml(&row.id),
        "template" => Plan::Missing("there are no templates: an update is the text that a person wrote"),
        "webhook-target-url" => match row.id.as_str() {
            "U044" => {
                Plan::Missing("needs a name server; the address that was checked is the one connected to")
            }
            "U045" => {
                Plan::Other("no redirect is followed at all; shown by the tests of the outbox (tests/comms)")
            }
            _ => Plan::Run,
        },
        other => panic!("the manifest has a new interface, {other}; say what becomes of it"),
    }
}

fn terminal(id: &str) -> Plan {
    match id {
        "T056" | "T057" | "T058" => Plan::Other("as free text it stays; as a handle only ASCII is taken"),
        "T060" => Plan::Other("shown as its code: no two terminals agree how wide a flag of tags is"),
        "T062" | "T067" | "T068" => {
            Plan::Other("stays, for it is text that can be seen; it cannot leave its cells")
        }
        "T073" | "T074" | "T075" => {
            Plan::Other("as any text; there are no exports whose file or cells it could name")
        }
        "T076" => Plan::Other("as any text; nothing is handed to a shell"),
        "T078" | "T079" => Plan::Other("as any text; nothing goes to Slack"),
        _ => Plan::Run,
    }
}

fn json(id: &str) -> Plan {
    match id {
        "J003" | "J004" | "J023" | "J024" | "J025" | "J030" | "J033" | "J034" => Plan::Other(
            "200 and a dead letter: it is JSON, and senders of alerts never repeat what got a 400",
        ),
        "J017" => {
            Plan::Other("of keys that come twice the last counts, as in Go, where the senders are written")
        }
        "J019" | "J020" | "J022" => Plan::Other("taken: the number stands where nothing is read"),
        "J027" | "J029" => {
            Plan::Other("taken: labels of the group are not read, those of its alerts are limited")
        }
        "J041" => Plan::Other("not in the log; there are no rules of redaction yet"),
        "J040" => Plan::Other("taken as text; nothing goes to Slack"),
        "J048" | "J049" => Plan::Other("422: unknown fields of a command are refused"),
        _ => Plan::Run,
    }
}

fn http(id: &str) -> Plan {
    match id {
        "H021" | "H022" | "H023" => Plan::Other("415: compressed bodies are not taken, so none is unpacked"),
        "H025" | "H026" | "H027" | "H029" | "H030" => {
            Plan::Other("401 for the missing token: there is no source that signs yet")
        }
        _ => Plan::Run,
    }
}

fn websocket(id: &str) -> Plan {
    match id {
        "W012" => Plan::Other("1009 is as right: no protocol allows the length"),
        "W014" | "W015" => Plan::Other(
            "goes on: 2,000 bytes in all are below the limit of a message; silence ends it after 30 s",
        ),
        "W021" | "W024" | "W025" | "W028" | "W029" | "W030" | "W031" | "W033" => {
            Plan::Other("ignored, and without effect: the feed takes no commands, which go by HTTP")
        }
        _ => Plan::Run,
    }
}

fn toml(id: &str) -> Plan {
    match id {
        "C011" | "C013" | "C014" | "C015" => Plan::Other(
            "refused as a theme or keymap for its unknown table; in our own words it is linted or harmless",
        ),
        "C018" => Plan::Other("refused: there is nothing in the settings that runs a command"),
        "C021" => Plan::Other("refused: a token stands in a file of its own, never in the settings"),
        "C024" | "C025" => Plan::Other("its keys are not ours; the same bytes around our own keys are taken"),
        _ => Plan::Run,
    }
}

#[test]
fn every_row_of_the_manifest_is_run_or_listed_with_the_reason() {
    need_the_collection!();
    let (mut run, mut other, mut missing) = (0, 0, 0);
    let mut table: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    let rows = rows();
    for row in &rows {
        let mut list = |why| table.entry((row.interface.clone(), why)).or_default().push(row.id.clone());
        match plan(row) {
            Plan::Run => run += 1,
            Plan::Other(why) => {
                other += 1;
                list(why);
            }
            Plan::Missing(why) => {
                missing += 1;
                list(why);
            }
        }
    }
    println!("{run} rows run as the manifest asks, {other} with another reaction, {missing} not at all:");
    for ((interface, why), ids) in &table {
        println!("{interface:>18}  {why}: {}", ids.join(" "));
    }
    assert_eq!(run + other + missing, rows.len());
    assert_eq!(rows.len(), 281, "the collection has changed: look at what is new");
    let listed: usize = table.values().map(Vec::len).sum();
    assert_eq!(run + listed, rows.len());
    // Whoever takes a row out of the tests says so here.
    assert_eq!((run, other, missing), (RUN, OTHER, MISSING));
}

const RUN: usize = 189;
const OTHER: usize = 59;
const MISSING: usize = 33;
