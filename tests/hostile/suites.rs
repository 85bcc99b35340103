//! The collections of others: what JSON, TOML, YAML and UTF-8 parsers have got wrong before, at our ways in.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use warroom::cli::config::{Folders, load};
use warroom::domain::text::Text;
use warroom::slo::openslo::{SourceFile, read};

use crate::allowed::{Sender, assert_allowed};
use crate::bystander::Bystander;
use crate::corpus::{folder, naughty, need_the_collection};
use crate::slos::within;

/// All files below a folder with this ending.
fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Nested deeper than we take, although it is JSON.
const TOO_DEEP: [&str; 1] = ["y_structure_deep.json"];

#[test]
fn what_is_json_comes_in_and_what_is_not_is_refused() {
    need_the_collection!();
    let mut bystander = Bystander::start();
    let before = bystander.before();
    let mut wrong = Vec::new();
    let suite = folder().unwrap().join("jsontestsuite");
    let (parsing, transform) =
        (files(&suite.join("test_parsing"), "json"), files(&suite.join("test_transform"), "json"));
    assert_eq!((parsing.len(), transform.len()), (318, 22));
    for path in parsing.iter().chain(&transform) {
        let name = name(path);
        let body = fs::read(path).unwrap();
        let token = bystander.ingest.clone();
        for way in ["/hooks/alertmanager", "/hooks/cloudevents"] {
            let answer = bystander.post(way, &token, "Content-Type: application/json\r\n", &body);
            let right = match name.as_bytes() {
                [b'y', b'_', ..] if !TOO_DEEP.contains(&name.as_str()) => answer.status == 200,
                [b'n', b'_', ..] => answer.status == 400,
                _ => matches!(answer.status, 200 | 400),
            };
            if !right {
                wrong.push(format!("{way} {name}: {}", answer.status));
            }
            assert_allowed(&answer.body, Sender::Lines, &name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(bystander.head(), before.head, "something was stored");
    bystander.good_alert("all of them");
}

#[test]
fn no_invalid_toml_is_taken_for_settings_a_theme_or_a_keymap() {
    need_the_collection!();
    let invalid = files(&folder().unwrap().join("tomltest"), "toml");
    assert!(invalid.len() > 500, "{}", invalid.len());
    let home = tempfile::tempdir().unwrap();
    let env = [("HOME".to_owned(), home.path().display().to_string())].into();
    let folders = Folders::from_env(&env).unwrap();
    for path in &invalid {
        let told = load(Some(path), &folders).expect_err(&name(path));
        assert!(told.contains(&name(path)), "{told}");
    }
    for kind in ["themes", "keymaps"] {
        let own = home.path().join(".config/warroom").join(kind);
        fs::create_dir_all(&own).unwrap();
        for (number, path) in invalid.iter().enumerate() {
            fs::copy(path, own.join(format!("bad-{number}-.toml"))).unwrap();
        }
    }
    // All of them at once, in a program of its own: the folder is the person's, and `check` reads it whole.
    let ran = limited_at_home(home.path());
    let unnamed: Vec<&PathBuf> = (0..)
        .zip(&invalid)
        .filter(|(number, _)| !ran.contains(&format!("bad-{number}-")))
        .map(|(_, path)| path)
        .collect();
    assert!(unnamed.is_empty(), "taken: {unnamed:?}");
}

/// What `warroom check` says in this home.
fn limited_at_home(home: &Path) -> String {
    let config = home.join("config");
    fs::rename(home.join(".config"), &config).unwrap();
    let ran = within(10, home, &["check"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    ran.err
}

/// A case of the suite writes what cannot be seen with signs.
fn unsigned(yaml: &str) -> String {
    let mut text = yaml.to_owned();
    for (sign, character) in [
        ("␣", " "),
        ("————»", "\t"),
        ("———»", "\t"),
        ("——»", "\t"),
        ("—»", "\t"),
        ("»", "\t"),
        ("↵", ""),
        ("∎\n", ""),
        ("←", "\r"),
        ("⇔", "\u{feff}"),
    ] {
        text = text.replace(sign, character);
    }
    text
}

#[test]
fn no_yaml_breaks_the_reader_of_slos_and_none_of_it_is_an_slo() {
    need_the_collection!();
    let cases = files(&folder().unwrap().join("yamltestsuite/src"), "yaml");
    assert_eq!(cases.len(), 351);
    let mut documents = 0;
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join("slos");
    fs::create_dir_all(&own).unwrap();
    for path in &cases {
        let case = fs::read(path).unwrap();
        let reading = read(&[SourceFile { name: &name(path), bytes: &case }]);
        assert!(reading.slos.is_empty() && !reading.findings.is_empty(), "{}", name(path));
        let Ok(parsed) = serde_saphyr::from_str::<Vec<Value>>(&String::from_utf8(case).unwrap()) else {
            continue;
        };
        for (number, yaml) in (0..).zip(parsed.iter().filter_map(|case| case["yaml"].as_str())) {
            let text = unsigned(yaml);
            let reading = read(&[SourceFile { name: &name(path), bytes: text.as_bytes() }]);
            assert!(reading.slos.is_empty(), "{} is an SLO", name(path));
            for finding in &reading.findings {
                let line = warroom::domain::text::Line::clean(&finding.to_string());
                assert!(line.len() < 1_000, "{}: {line}", name(path));
            }
            fs::write(own.join(format!("{}-{number}.yaml", name(path))), text).unwrap();
            documents += 1;
        }
    }
    assert!(documents > 300, "{documents}");
    // All of them as one folder, in a program of its own.
    let ran = within(10, home.path(), &["slo", "check", own.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
}

#[test]
fn what_is_utf_8_is_kept_and_what_is_not_becomes_the_sign_for_it() {
    need_the_collection!();
    let text = fs::read_to_string(folder().unwrap().join("utf8tests/utf8tests.txt")).unwrap();
    let mut bystander = Bystander::start();
    let before = bystander.before();
    let (mut valid, mut invalid) = (0, 0);
    for line in text.lines().filter(|line| line.contains(':') && !line.starts_with('#')) {
        let parts: Vec<&str> = line.splitn(3, ':').collect();
        let [number, kind, rest] = parts[..] else { continue };
        let bytes = match kind {
            "valid" => rest.as_bytes().to_vec(),
            "valid hex" => hex(rest),
            "invalid hex" => hex(rest.split(':').next().unwrap()),
            _ => continue,
        };
        assert_eq!(std::str::from_utf8(&bytes).is_ok(), kind != "invalid hex", "{number}");
        assert_allowed(Text::from_bytes(&bytes).as_bytes(), Sender::Lines, number);
        let known: Vec<u8> = if kind == "invalid hex" {
            invalid += 1;
            let replaced = hex(rest.split(':').nth(2).unwrap_or_default());
            assert_eq!(
                String::from_utf8_lossy(&bytes).as_bytes(),
                replaced,
                "{number}: as the standard replaces"
            );
            [b"[\"", &bytes[..], b"\"]"].concat()
        } else {
            valid += 1;
            serde_json::to_vec(&[String::from_utf8(bytes.clone()).unwrap()]).unwrap()
        };
        // In a body: refused as a whole when it is not UTF-8, whatever follows.
        let answer = bystander.post(
            "/hooks/alertmanager",
            &bystander.ingest,
            "Content-Type: application/json\r\n",
            &known,
        );
        let expected = if kind == "invalid hex" { 400 } else { 200 };
        assert_eq!(answer.status, expected, "{number}: {line}");
    }
    assert!(valid > 30 && invalid > 100, "{valid} valid, {invalid} invalid");
    assert_eq!(bystander.head(), before.head, "something was stored");
    bystander.good_alert("all of them");
}

fn hex(raw: &str) -> Vec<u8> {
    let raw = raw.trim();
    if raw == "nothing" {
        return Vec::new();
    }
    let digits: Vec<u8> = raw.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn no_naughty_string_survives_cleaning_and_cleaning_it_again_changes_nothing() {
    need_the_collection!();
    for raw in naughty() {
        let text = Text::clean(&raw);
        assert_allowed(text.as_bytes(), Sender::Lines, &raw.escape_debug().to_string());
        assert_eq!(Text::clean(&text), text);
    }
}
