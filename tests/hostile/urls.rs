//! Where the hub may be told to post: addresses that lead back into the house, by every spelling.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use warroom::hub::Settings;

use crate::bystander::Bystander;
use crate::corpus::{need_the_collection, rows_of};
use crate::support::eventually;

/// Each needs a name server or a web server of its own; `tests/comms` has both: the address that was checked is the one
/// that is connected to, and redirects are not followed.
pub const ELSEWHERE: [&str; 2] = ["U044", "U045"];

/// By row, as a webhook's address.
fn urls() -> BTreeMap<String, String> {
    let file = crate::corpus::folder().unwrap().join("urls/ssrf.tsv");
    let text = std::fs::read_to_string(file).unwrap();
    let url = |line: &str| {
        let mut columns = line.split('\t');
        let (id, url) = (columns.next().unwrap(), columns.next().unwrap());
        (id.to_owned(), serde_json::from_str(url).unwrap_or_else(|error| panic!("{id}: {error}")))
    };
    text.lines().skip(1).filter(|line| !line.is_empty()).map(url).collect()
}

fn secret(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("secret");
    std::fs::write(&file, "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// A destination as the settings file has it.
fn destination(name: &str, url: &str, secret: &Path) -> String {
    // JSON's strings are TOML's, but for a few that do not occur.
    let url = serde_json::to_string(url).unwrap();
    format!("[destinations.{name}]\nkind = \"webhook\"\nurl = {url}\nsecret_file = {secret:?}\n")
}

/// Why the settings do not take it.
fn refused(url: &str, secret: &Path) -> Option<String> {
    let settings: Settings = match toml::from_str(&destination("hook", url, secret)) {
        Ok(settings) => settings,
        Err(error) => return Some(error.to_string()),
    };
    warroom::connect::carriers(&settings.destinations).err().map(|error| error.to_string())
}

#[test]
fn no_hostile_address_is_posted_to() {
    need_the_collection!();
    let folder = tempfile::tempdir().unwrap();
    let secret = secret(folder.path());
    let mut later = BTreeMap::new();
    let urls = urls();
    for row in rows_of("webhook-target-url") {
        let url = &urls[&row.id];
        // As it stands, in the clear: nothing but https leaves for the open internet.
        assert!(refused(url, &secret).is_some(), "{} {url} is taken", row.id);
        // The same, encrypted: the address itself has to be refused, by the settings or when it is resolved.
        let encrypted = url.replacen("http:", "https:", 1);
        if encrypted != *url
            && refused(&encrypted, &secret).is_none()
            && !ELSEWHERE.contains(&row.id.as_str())
        {
            later.insert(row.id.to_lowercase(), encrypted);
        }
    }
    // Names, and what reads like one: what they lead to is looked at when they are used.
    assert!((5..=10).contains(&later.len()), "the settings take {:?}", later.keys());
    let names: Vec<&String> = later.keys().collect();
    let mut settings = format!("[hub.audiences.all]\nlabel = \"All\"\ndestinations = {names:?}\n");
    for (name, url) in &later {
        settings.push_str(&destination(name, url, &secret).replace("[destinations", "[hub.destinations"));
    }
    let bystander = Bystander::with(&settings);
    let token = bystander.hub.token();
    let headers = "Content-Type: application/json\r\n";
    let ask = |path: &str, body: Value| {
        let answer = bystander.post(&format!("/api/v1{path}"), &token, headers, body.to_string().as_bytes());
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", String::from_utf8_lossy(&answer.body));
    };
    ask("/incidents", json!({"title": "Checkout fails", "severity": "SEV1"}));
    let message = json!({"audience": "all", "subject": "s", "body": "b"});
    ask("/incidents/INC-1/comms/send", json!({"message": message}));
    let mut seen = Value::Null;
    eventually("each delivery has been tried", Duration::from_secs(60), || {
        seen = bystander.get("/incidents/INC-1/comms")["items"][0]["deliveries"].clone();
        let deliveries = seen.as_object()?;
        let tried = |delivery: &Value| delivery["detail"].as_str().is_some_and(|detail| !detail.is_empty());
        (deliveries.len() == later.len() && deliveries.values().all(tried)).then_some(())
    });
    let mut wrong = String::new();
    for (name, delivery) in seen.as_object().unwrap() {
        let (state, detail) = (delivery["state"].as_str().unwrap(), delivery["detail"].as_str().unwrap());
        // A name that nobody knows here leads nowhere, and is tried again.
        let private = state == "failed" && detail.contains("not a public address");
        let unknown = state == "pending" && !detail.contains("refused");
        if !(private || unknown) {
            writeln!(wrong, "{name} {}: {state} {detail}", later[name]).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
