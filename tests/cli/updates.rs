//! Updates to people outside: what the preview shows is what is kept and sent.

use crate::hub::Hub;

/// One audience with one way out, where nobody listens.
pub fn with_an_audience() -> (Hub, tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "s3cret-s3cret-s3cret-s3cret").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let hub = Hub::start(&format!(
        "[hub.audiences.customers]\nlabel = \"Customers\"\ndestinations = [\"page\"]\n\
         [hub.destinations.page]\nkind = \"webhook\"\nurl = \"https://127.0.0.1:9/hook\"\nallow_private = true\n\
         secret_file = \"{}\"\n",
        secret.display()
    ));
    hub.json(&["incident", "declare", "Payments fail"]);
    (hub, folder)
}

pub const UPDATE: [&str; 6] = ["-a", "customers", "--what", "Some card payments fail.", "--next-in", "30"];

#[test]
fn a_preview_shows_to_whom_and_exactly_what() {
    let (hub, _folder) = with_an_audience();
    let (out, code) = hub.run(&[&["comms", "preview", "INC-1"][..], &UPDATE].concat());
    assert_eq!(code, 0);
    assert!(out.contains("To: Customers (webhook at 127.0.0.1)"), "{out}");
    assert!(out.contains("Some card payments fail.") && out.contains("Next update: "), "{out}");
    let (_, code) = hub.run(&["comms", "preview", "INC-1", "-a", "nobody", "--what", "x"]);
    assert_eq!(code, 3);
}

#[test]
fn an_update_that_is_too_long_is_refused_and_never_cut() {
    use std::io::Write as _;
    let (hub, _folder) = with_an_audience();
    let mut send = hub.command(&["comms", "send", "INC-1", "-a", "customers", "--what", "-", "--yes"]);
    let mut send =
        send.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // It does not read all of it.
    let _ = send.stdin.take().unwrap().write_all("Zahlungen schlagen fehl. ü\n".repeat(100_000).as_bytes());
    let output = send.wait_with_output().unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{why}");
    assert!(why.contains("longer than an update can be (31 KiB"), "{why}");
    assert!(hub.json(&["comms", "list", "INC-1"]).as_array().unwrap().is_empty());
}

#[test]
fn a_draft_is_kept_published_and_listed_with_its_deliveries() {
    let (hub, _folder) = with_an_audience();
    let drafted = hub.json(&[&["comms", "draft", "INC-1"][..], &UPDATE].concat());
    let id = drafted["comms"].as_str().unwrap();
    // Nobody is at the keyboard to say yes.
    assert_eq!(hub.run(&["comms", "approve", "INC-1", id]).1, 2);
    hub.json(&["comms", "approve", "INC-1", id, "--yes"]);
    let listed = hub.json(&["comms", "list", "INC-1"]);
    assert_eq!(listed[0]["state"]["is"], "published");
    assert!(listed[0]["deliveries"]["page"]["state"].is_string(), "{listed}");
    let second = hub.json(&[&["comms", "draft", "INC-1"][..], &UPDATE].concat());
    hub.json(&["comms", "discard", "INC-1", second["comms"].as_str().unwrap()]);
    let sent = hub.json(&[&["comms", "send", "INC-1", "--yes"][..], &UPDATE].concat());
    assert!(sent["comms"].is_string(), "{sent}");
    assert_eq!(hub.json(&["comms", "list", "INC-1"]).as_array().unwrap().len(), 3);
}

#[test]
fn a_drill_is_called_one_in_the_preview_and_yes_alone_does_not_send_it() {
    let (hub, _folder) = with_an_audience();
    hub.json(&["incident", "declare", "Payments fail", "--drill"]);
    let (out, code) = hub.run(&[&["comms", "preview", "INC-2"][..], &UPDATE].concat());
    assert_eq!(code, 0);
    assert!(out.starts_with("This is a drill.") && out.contains("Subject: [DRILL] "), "{out}");
    assert!(out.contains("[DRILL] This is an exercise."), "{out}");
    assert_eq!(hub.run(&[&["comms", "send", "INC-2", "--yes"][..], &UPDATE].concat()).1, 2);
    assert!(hub.json(&["comms", "list", "INC-2"]).as_array().unwrap().is_empty());
    hub.json(&[&["comms", "send", "INC-2", "--yes", "--drill"][..], &UPDATE].concat());
}
