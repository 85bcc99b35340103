//! What we are made of: no crate older than the version in which a hole that concerns us was closed. Not all of those are
//! in the RustSec database, so the list is kept by hand; `deny.toml` has the same one for what is not in the tree yet.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the lock has failed")]

use std::path::Path;

/// The crate, the first good version, and what was wrong before.
const AT_LEAST: &[(&str, [u32; 3], &str)] = &[
    ("tracing-subscriber", [0, 3, 20], "escape sequences of others reach the log"),
    ("h2", [0, 4, 16], "denial of service"),
    ("bytes", [1, 11, 1], "overflow in reserve"),
    ("time", [0, 3, 47], "stack exhaustion"),
    ("tungstenite", [0, 20, 1], "denial of service in the handshake"),
    ("idna", [1, 0, 0], "Punycode labels that look like others"),
    ("url", [2, 5, 4], "an idna that takes Punycode labels that look like others"),
    ("russh", [0, 61, 1], "denials of service before authentication"),
    ("sqlx", [0, 8, 1], "length overflow at 4 GiB"),
];

/// Crates that must not come in, with or without our knowing.
const NEVER: &[&str] = &["serde_yml", "yaml-rust", "openssl", "openssl-sys", "native-tls", "aws-lc-rs"];

/// What is wrong with a lock file.
fn complaints(lock: &str) -> Vec<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut found = Vec::new();
    for package in packages {
        let (name, version) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        if NEVER.contains(&name) {
            found.push(format!("{name} is in the tree"));
        }
        let least = AT_LEAST.iter().find(|(wanted, _, _)| *wanted == name);
        if let Some((_, least, why)) = least.filter(|(_, least, _)| numbers(version) < *least) {
            found.push(format!("{name} {version} is older than {least:?}: {why}"));
        }
    }
    found
}

fn numbers(version: &str) -> [u32; 3] {
    let mut numbers = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn no_crate_is_older_than_the_version_that_closed_a_hole() {
    assert_eq!(complaints(&read("Cargo.lock")), Vec::<String>::new());
}

#[test]
fn a_crate_that_is_too_old_or_not_wanted_is_named() {
    let lock =
        "[[package]]\nname = 'time'\nversion = '0.3.9'\n[[package]]\nname = 'openssl'\nversion = '1.0.0'\n";
    let found = complaints(lock);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("time 0.3.9") && found[1].contains("openssl"));
}

#[test]
fn what_is_denied_here_is_denied_by_cargo_deny_too() {
    let deny = read("deny.toml");
    for (name, least, _) in AT_LEAST {
        let [major, minor, patch] = least;
        assert!(deny.contains(&format!("{name}@<{major}.{minor}.{patch}")), "deny.toml lacks {name}");
    }
    for name in NEVER {
        assert!(deny.contains(&format!("crate = \"{name}\"")), "deny.toml lacks {name}");
    }
}

#[cfg(feature = "hub")]
#[test]
fn the_sqlite_that_is_built_in_has_no_race_in_its_log() {
    // Before 3.51.3 two connections could reset the write-ahead log at once.
    assert!(rusqlite::version_number() >= 3_051_003, "SQLite {}", rusqlite::version());
}
