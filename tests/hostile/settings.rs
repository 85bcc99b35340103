//! Settings, themes and keymaps that were made to break parsers, or to make the program do what its person did not ask
//! for. Each file is read as all three.

use std::fs;
use std::path::Path;

use crate::corpus::{Row, need_the_collection, rows_of};
use crate::slos::limited;

/// What the file is in the words of our own settings, where the collection's names are not ours.
fn ours(id: &str) -> Option<(&'static str, &'static str)> {
    Some(match id {
        "C006" => ("[hub.limits]\nconnections = 99999999999999999999\n", "connections"),
        "C007" => ("[hub.limits]\nconnections = -5\n", "connections"),
        "C009" => ("[client]\nthme = \"dark\"\n", "theme"),
        "C019" => ("[client]\nhub = \"https://user:s3cret@hub.example/\"\n", "client.hub"),
        "C023" => ("[hub.policy]\nreopen_within = -1\n", "reopen_within"),
        _ => return None,
    })
}

/// The two that are right, in our own words: a byte order mark, and line ends of another system.
fn right(id: &str) -> Option<&'static [u8]> {
    match id {
        "C024" => Some(b"\xef\xbb\xbf[client]\ntheme = \"dark\"\n"),
        "C025" => Some(b"[client]\r\ntheme = \"dark\"\r\n"),
        _ => None,
    }
}

fn config(home: &Path, text: &[u8]) -> std::path::PathBuf {
    let folder = home.join("config/warroom");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn every_hostile_settings_file_is_refused_with_its_name_and_line() {
    need_the_collection!();
    let mut wrong = Vec::new();
    for row in rows_of("toml") {
        let what = format!("{} {}", row.id, row.what);
        let home = tempfile::tempdir().unwrap();
        let file = config(home.path(), &row.bytes());
        for args in [vec!["check"], vec!["check", "--config", file.to_str().unwrap()]] {
            let ran = limited(home.path(), &args);
            let told = format!("{}{}", ran.out, ran.err);
            if ran.code != Some(1) || !told.contains("config.toml") {
                wrong.push(format!("{what}: {:?} {told}", ran.code));
            }
            for secret in ["user:pass", "wr_pat_0123456789"] {
                if told.contains(secret) {
                    wrong.push(format!("{what}: shows {secret}"));
                }
            }
            if told.len() > 16 * 1024 {
                wrong.push(format!("{what}: {} bytes of words", told.len()));
            }
        }
        if let Some((text, word)) = ours(&row.id) {
            config(home.path(), text.as_bytes());
            let ran = limited(home.path(), &["check"]);
            let told = format!("{}{}", ran.out, ran.err);
            if ran.code != Some(1) || !told.contains(word) || told.contains("s3cret") {
                wrong.push(format!("{what}, in our words: {:?} {told}", ran.code));
            }
        }
        if let Some(text) = right(&row.id) {
            config(home.path(), text);
            let ran = limited(home.path(), &["check"]);
            if ran.code != Some(0) {
                wrong.push(format!("{what}, in our words: {:?} {}", ran.code, ran.err));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Many at once, as files of the person's folder: each that is wrong is named.
#[test]
fn every_hostile_theme_and_keymap_is_named() {
    need_the_collection!();
    for folder in ["themes", "keymaps"] {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join("config/warroom").join(folder);
        fs::create_dir_all(&own).unwrap();
        let rows = rows_of("toml");
        for row in &rows {
            fs::write(own.join(format!("{}.toml", row.id)), row.bytes()).unwrap();
        }
        let ran = limited(home.path(), &["check"]);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let unnamed: Vec<&Row> = rows.iter().filter(|row| !ran.err.contains(&row.id)).collect();
        assert!(unnamed.is_empty(), "of {folder} not named: {unnamed:?}\n{}", ran.err);
        assert!(ran.err.len() < 256 * 1024, "{} bytes of words", ran.err.len());
    }
}

#[test]
fn keys_that_lead_out_always_work_and_no_dangerous_one_is_bound_by_surprise() {
    need_the_collection!();
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join("config/warroom/keymaps");
    fs::create_dir_all(&own).unwrap();
    // The same words twice, and no way out, in the words of our own keymaps.
    let cases = [
        ("twice", "[global]\na = \"cancel\"\n\"a\" = \"acknowledge\"\n", "twice"),
        ("none", "[global]\nunbind = [\"q\", \"?\", \"ctrl-c\"]\n", "none"),
    ];
    for (name, text, named) in cases {
        fs::write(own.join(format!("{name}.toml")), text).unwrap();
        let ran = limited(home.path(), &["check"]);
        assert!(ran.err.contains(named), "{name}: {}", ran.err);
    }
}
