//! The collection and its manifest.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// One line of the manifest.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub interface: String,
    pub file: String,
    pub what: String,
    pub expect: String,
}

/// The folder, if it is on this machine.
pub fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("WARROOM_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let folder = root.join("hostile");
    folder.join("manifest.tsv").is_file().then_some(folder)
}

/// Leaves the test with one line where the collection is not.
macro_rules! need_the_collection {
    () => {
        match $crate::corpus::folder() {
            Some(folder) => folder,
            None => {
                eprintln!("skipped: there is no hostile/manifest.tsv; WARROOM_SHARED names the folder above hostile/");
                return;
            }
        }
    };
}
pub(crate) use need_the_collection;

/// All rows of the manifest.
pub fn rows() -> Vec<Row> {
    let manifest = fs::read_to_string(folder().unwrap().join("manifest.tsv")).unwrap();
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, interface, file, _bytes, _sha256, what, expect] = columns[..] else {
            panic!("not seven columns: {line}")
        };
        let own = str::to_owned;
        Row { id: own(id), interface: own(interface), file: own(file), what: own(what), expect: own(expect) }
    };
    manifest.lines().skip(1).map(row).collect()
}

/// The rows of one interface.
pub fn rows_of(interface: &str) -> Vec<Row> {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.interface == interface).collect();
    assert!(!rows.is_empty(), "the manifest has no interface {interface}");
    rows
}

impl Row {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(folder().unwrap().join(&self.file)).unwrap()
    }
}

/// The big list of naughty strings.
pub fn naughty() -> Vec<String> {
    let text = fs::read_to_string(folder().unwrap().join("blns/blns.json")).unwrap();
    let strings: Vec<String> = serde_json::from_str(&text).unwrap();
    assert!(strings.len() > 400);
    strings
}

/// `value` with `text` in place of every string (and key) that is `mark`.
pub fn with_text(value: Value, mark: &str, text: &str) -> Value {
    match value {
        Value::String(string) if string == mark => Value::from(text),
        Value::Array(values) => values.into_iter().map(|value| with_text(value, mark, text)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                (if key == mark { text.to_owned() } else { key }, with_text(value, mark, text))
            })
            .collect(),
        other => other,
    }
}
