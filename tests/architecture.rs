//! Holds the house together: who may import whom, what the rules may not touch, and which files the documents name.
//!
//! The table below is the one in `src/lib.rs`, read from the other side; a test holds the two equal. To add a room,
//! add its row and draw it there.
#![allow(clippy::panic, clippy::expect_used, reason = "a check that cannot read the source has failed")]

mod support;

use std::fs;
use std::path::{Path as FilePath, PathBuf};

use support::imports::{Path, mentions, tokens};

/// What the code of one room (and of the rooms in it that have no row of their own) may name.
struct Rule {
    room: &'static str,
    /// Beside itself.
    may_import: &'static [&'static str],
    crates: Crates,
}

/// Which other crates a room may use, of those in Cargo.toml.
enum Crates {
    Any,
    /// And of `std` nothing that reaches the outside.
    Only(&'static [&'static str]),
    Without(&'static [&'static str]),
}

const EVERYTHING: &[&str] = &["*"];

/// Nothing that reads a file, a socket, a database or a terminal.
const NO_IO: Crates = Crates::Without(&[
    "tokio",
    "reqwest",
    "hyper",
    "axum",
    "rusqlite",
    "lettre",
    "crossterm",
    "ratatui",
    "rustix",
]);

const RULES: &[Rule] = &[
    Rule {
        room: "domain",
        may_import: &[],
        crates: Crates::Only(&[
            "serde",
            "serde_json",
            "schemars",
            "chrono",
            "uuid",
            "sha2",
            "thiserror",
            "proptest",
            "insta",
        ]),
    },
    // It looks at a variable and a file, in debug builds only.
    Rule { room: "failpoint", may_import: &[], crates: Crates::Any },
    Rule { room: "wire", may_import: &["domain"], crates: NO_IO },
    Rule { room: "slo", may_import: &["domain"], crates: NO_IO },
    Rule { room: "canary", may_import: &["domain"], crates: NO_IO },
    Rule { room: "journal", may_import: &["domain"], crates: Crates::Any },
    Rule { room: "connect", may_import: &["domain"], crates: Crates::Any },
    Rule { room: "link", may_import: &["domain", "wire", "failpoint"], crates: Crates::Any },
    Rule {
        room: "hub",
        may_import: &["domain", "wire", "slo", "canary", "journal", "connect", "failpoint"],
        crates: Crates::Any,
    },
    Rule { room: "tui", may_import: &["domain", "link", "failpoint"], crates: Crates::Any },
    Rule { room: "tui::vm", may_import: &["domain", "link", "slo", "tui"], crates: Crates::Any },
    Rule { room: "tui::widgets", may_import: &["tui::vm", "tui::theme"], crates: Crates::Any },
    Rule { room: "demo", may_import: &["domain", "link", "hub", "journal"], crates: Crates::Any },
    Rule { room: "cli", may_import: EVERYTHING, crates: Crates::Any },
];

/// `decide` and `apply` give the same answer to the same question, for ever: no clock, no chance.
const TIMELESS: &[&str] = &["domain::decide", "domain::apply"];

/// Ways to ask a clock or a dice.
const CLOCKS: &[&str] = &["Instant", "SystemTime", "rand", "now_v7", "new_v4", "now_v1"];

/// Parts of `std` that reach outside of the process.
const OUTSIDE: &[&str] = &["fs", "net", "process", "env", "thread"];

/// Top-level files that belong to no room: the front door and the hall.
const NO_ROOM: &[&str] = &["lib", "main"];

#[test]
fn every_import_goes_the_way_the_drawing_says() {
    let found: Vec<String> =
        sources().iter().flat_map(|source| violations(&source.path, &source.text)).collect();
    assert!(found.is_empty(), "{} forbidden imports:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_room_has_a_rule_and_every_rule_a_room() {
    let rooms: Vec<String> = sources()
        .iter()
        .filter_map(|source| module(&source.path).first().cloned())
        .filter(|room| !NO_ROOM.contains(&room.as_str()))
        .collect();
    for room in &rooms {
        assert!(RULES.iter().any(|rule| rule.room == room), "src/{room} has no row in the table of rules");
    }
    for rule in RULES.iter().filter(|rule| !rule.room.contains("::")) {
        assert!(
            rooms.iter().any(|room| room == rule.room),
            "the table names {}, which is not in src",
            rule.room
        );
    }
}

#[test]
fn the_drawing_in_lib_rs_and_the_table_say_the_same() {
    let drawing = drawing(&fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs"));
    assert!(drawing.len() > 5, "the drawing of src/lib.rs was not found: {drawing:?}");
    for (room, importers) in &drawing {
        assert!(RULES.iter().any(|rule| rule.room == room), "the drawing names {room}, the table does not");
        if importers == &["all"] {
            continue;
        }
        // cli knows all the others, which the drawing need not repeat.
        let mut drawn: Vec<&str> =
            importers.iter().map(String::as_str).filter(|name| *name != "cli").collect();
        drawn.sort_unstable();
        let mut in_table: Vec<&str> = RULES
            .iter()
            .filter(|rule| rule.may_import.contains(&room.as_str()) && !within(rule.room, room))
            .map(|rule| rule.room)
            .collect();
        // A room within a room needs no arrow of its own where the outer one has it.
        let all = in_table.clone();
        in_table.retain(|inner| !all.iter().any(|outer| outer != inner && within(inner, outer)));
        in_table.sort_unstable();
        assert_eq!(in_table, drawn, "who may import {room}: the table on the left, src/lib.rs on the right");
    }
}

#[test]
fn the_checker_finds_what_is_forbidden_and_says_where() {
    let bad = r#"
        //! use crate::hub::nothing; a comment imports nothing
        use crate::{domain::Text, hub::{Settings, serve}};
        const QUOTED: &str = "crate::journal::Journal";
        fn late() { crate::connect::send('\'') }
    "#;
    assert_eq!(
        violations("src/tui/update.rs", bad),
        [
            "src/tui/update.rs:3: names hub::Settings, but tui may import only domain, link, failpoint",
            "src/tui/update.rs:3: names hub::serve, but tui may import only domain, link, failpoint",
            "src/tui/update.rs:5: names connect::send, but tui may import only domain, link, failpoint",
        ]
    );
}

#[test]
fn the_checker_follows_super_and_inline_modules() {
    let text =
        "use super::super::hub::serve;\nmod tests { use super::link; mod deep { use super::super::x; } }";
    assert_eq!(
        violations("src/domain/room.rs", text),
        ["src/domain/room.rs:1: names hub::serve, but domain may import nothing"]
    );
    let one = |path, text| violations(path, text).len();
    assert_eq!(one("src/domain/mod.rs", "mod tests { use super::link::Link; }"), 0);
    assert_eq!(one("src/domain/mod.rs", "use super::link::Link;"), 1);
    assert_eq!(one("src/domain/mod.rs", "use super::*;"), 1);
    assert_eq!(one("src/link/mod.rs", "use crate as all;"), 1);
}

#[test]
fn the_checker_keeps_widgets_to_view_models_and_theme() {
    let bad = "use crate::tui::vm::Row;\nuse crate::tui::theme::Role;\nuse crate::domain::Severity;\nuse super::super::app;";
    assert_eq!(
        violations("src/tui/widgets/bar.rs", bad),
        [
            "src/tui/widgets/bar.rs:3: names domain::Severity, but tui::widgets may import only tui::vm, tui::theme",
            "src/tui/widgets/bar.rs:4: names tui::app, but tui::widgets may import only tui::vm, tui::theme",
        ]
    );
}

#[test]
fn the_checker_keeps_the_domain_pure() {
    let one = |path, text| violations(path, text).len();
    assert_eq!(one("src/domain/ids.rs", "use serde::Serialize; use std::fmt;"), 0);
    assert_eq!(one("src/domain/ids.rs", "use tokio::sync::mpsc;"), 1);
    assert_eq!(one("src/domain/ids.rs", "use std::{fmt, fs::File};"), 1);
    assert_eq!(one("src/slo/burn.rs", "fn f() { reqwest::get(1) }"), 1);
    assert_eq!(one("src/domain/decide/task.rs", "fn f(now: Time) { let at = now; }"), 0);
    assert_eq!(one("src/domain/decide/task.rs", "fn f() { let at = Utc::now(); }"), 1);
    assert_eq!(one("src/domain/decide/mod.rs", "use std::time::Instant;"), 1);
    assert_eq!(one("src/domain/decide.rs", "fn f() { rand::rng() }"), 2, "a clock and a crate");
}

#[test]
fn the_documents_name_only_files_that_exist() {
    let docs: Vec<PathBuf> = fs::read_dir(root().join("docs"))
        .expect("docs/")
        .map(|entry| entry.expect("an entry of docs/").path())
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            ["architecture.md", "promises.md", "security.md"].contains(&name.as_str())
        })
        .collect();
    assert_eq!(docs.len(), 3, "a document is missing");
    let mut missing = Vec::new();
    for doc in docs {
        let text = fs::read_to_string(&doc).expect("a readable document");
        let named = named_paths(&text);
        assert!(!named.is_empty(), "{} names no file of src", doc.display());
        for (line, path) in named {
            if !root().join(&path).exists() {
                missing.push(format!("{}:{line}: {path} does not exist", doc.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_promise_names_tests_that_exist() {
    let tests: String = sources_and_tests();
    for document in ["docs/promises.md", "docs/security.md"] {
        let promises = std::fs::read_to_string(root().join(document)).unwrap();
        let named: Vec<&str> = promises
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains('_') && !name.contains(['/', '.', ' ', '@', '=']))
            .collect();
        assert!(named.len() >= 20, "too few names were found: {named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !tests.contains(&format!("fn {name}("))).collect();
        assert!(missing.is_empty(), "{document} names tests that are not there: {missing:?}");
    }
}

#[allow(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]
fn sources_and_tests() -> String {
    fn read(folder: &FilePath, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut text = String::new();
    ["src", "tests"].iter().for_each(|folder| read(&root().join(folder), &mut text));
    text
}

#[test]
fn paths_in_documents_are_found_with_their_lines() {
    let text = "An alert enters by `src/hub/ingest/alertmanager.rs`,\nsee `src/lib.rs` and `tests/architecture.rs`, not src/this.";
    let found = named_paths(text);
    let expected = [(1, "src/hub/ingest/alertmanager.rs"), (2, "src/lib.rs"), (2, "tests/architecture.rs")];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}

/// One line for every forbidden mention in the file at `path`, in the order of the file.
fn violations(path: &str, text: &str) -> Vec<String> {
    let module = module(path);
    let here = module.join("::");
    let Some(rule) = RULES.iter().filter(|rule| within(&here, rule.room)).max_by_key(|rule| rule.room.len())
    else {
        return Vec::new();
    };
    let others = dependencies();
    let only_tests = is_only_tests(path);
    let mut found = Vec::new();
    for mention in mentions(&module, text) {
        let complaint = match &mention.path {
            Path::Crate(to) => (!may_import(rule, to)).then(|| {
                let allowed = match rule.may_import {
                    [] => "nothing".to_owned(),
                    rooms => format!("only {}", rooms.join(", ")),
                };
                let name = if to.is_empty() { "the root".to_owned() } else { to.join("::") };
                format!("names {name}, but {} may import {allowed}", rule.room)
            }),
            Path::Other(_) if only_tests => None,
            Path::Other(to) => may_not_use(rule, to, &others),
        };
        if let Some(complaint) = complaint {
            found.push(format!("{path}:{}: {complaint}", mention.line));
        }
    }
    if !only_tests && TIMELESS.iter().any(|room| within(&here, room)) {
        for token in tokens(text).windows(2) {
            let asks_now = token[0].text == "now" && token[1].text == "(";
            if asks_now || CLOCKS.contains(&token[0].text.as_str()) {
                let (line, what) = (token[0].line, &token[0].text);
                found.push(format!("{path}:{line}: asks a clock or a dice ({what}): hand the answer in"));
            }
        }
    }
    found
}

fn may_import(rule: &Rule, to: &[String]) -> bool {
    let to = to.join("::");
    within(&to, rule.room)
        || rule.may_import == EVERYTHING
        || rule.may_import.iter().any(|room| within(&to, room))
}

fn may_not_use(rule: &Rule, to: &[String], dependencies: &[String]) -> Option<String> {
    let name = to.first()?;
    let reaches_outside = name == "std" && to.get(1).is_some_and(|part| OUTSIDE.contains(&part.as_str()));
    let known = dependencies.contains(name);
    let forbidden = match rule.crates {
        Crates::Any => false,
        Crates::Only(allowed) => reaches_outside || (known && !allowed.contains(&name.as_str())),
        Crates::Without(banned) => banned.contains(&name.as_str()),
    };
    forbidden.then(|| format!("uses {}, which {} may not", to.join("::"), rule.room))
}

/// Files that hold nothing but tests may read samples and time themselves; whom they import is held all the same.
fn is_only_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Whether the module `inner` is `outer` or lies in it.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// `src/tui/vm/mod.rs` is `tui::vm`, and so is `src/tui/vm.rs`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| *part != "mod").map(str::to_owned).collect()
}

struct Source {
    /// From the root of the repository, with slashes.
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut directories = vec![root().join("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of src") {
            let path = entry.expect("an entry of src").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let path = path.strip_prefix(root()).expect("a path below the root");
                found.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// The other crates' names, as code spells them.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let manifest: toml::Table = manifest.parse().expect("a manifest that cargo could read");
    ["dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|section| section.keys().map(|name| name.replace('-', "_")))
        .collect()
}

/// The arrows of the drawing: `room ◀ importer, importer`, several on a line.
fn drawing(text: &str) -> Vec<(String, Vec<String>)> {
    let mut arrows = Vec::new();
    for line in text.lines().filter(|line| line.contains('◀')) {
        let pieces: Vec<&str> = line.trim_start_matches("//!").split('◀').collect();
        let mut room = pieces.first().copied().unwrap_or_default().trim().to_owned();
        for (at, piece) in pieces.iter().enumerate().skip(1) {
            let piece = piece.trim();
            let is_last = at + 1 == pieces.len();
            // The word before the next arrow is the next room.
            let (importers, next) = match piece.rsplit_once(' ') {
                Some((importers, next)) if !is_last => (importers, next),
                _ => (piece, ""),
            };
            let importers = importers.split(',').map(|name| name.trim().to_owned()).collect();
            arrows.push((std::mem::replace(&mut room, next.to_owned()), importers));
        }
    }
    arrows
}

/// The repository's paths that a document names in backticks, with their lines.
fn named_paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for quoted in line.split('`').skip(1).step_by(2) {
            let is_path =
                ["src/", "tests/", "themes/", "keymaps/"].iter().any(|start| quoted.starts_with(start));
            if is_path && !quoted.contains([' ', '*', '{']) {
                found.push((number + 1, quoted.to_owned()));
            }
        }
    }
    found
}

fn root() -> &'static FilePath {
    FilePath::new(env!("CARGO_MANIFEST_DIR"))
}
