//! Changes by hand: recorded, listed, and marked beside an incident.

use crate::hub::Hub;

#[test]
fn a_change_is_recorded_in_phases_and_marked_as_a_suspect_of_what_came_after_it() {
    let hub = Hub::start("");
    let deploy = ["change", "record", "--kind", "deploy", "--service", "checkout", "--version", "v1.2"];
    let of_build = ["--env", "production", "--by", "ana", "--change", "build-17"];
    let made = hub.json(&[&deploy[..], &of_build, &["--phase", "started"]].concat());
    let id = made["change"].as_str().unwrap().to_owned();
    assert!(id.ends_with(":build-17"), "{id}");
    let (out, code) = hub.run(&[&deploy[..], &of_build, &["--phase", "failed"]].concat());
    assert_eq!((out.trim(), code), (&*format!("{id} recorded"), 0));
    let listed = hub.json(&["change", "list", "--service", "checkout"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&listed[0]["phase"], &listed[0]["title"]),
        (&"failed".into(), &"checkout v1.2 (production)".into())
    );

    hub.json(&["incident", "declare", "Checkout fails", "--service", "checkout"]);
    let near = hub.json(&["change", "suspects", "INC-1"]);
    assert!(near[0]["evidence"].as_str().unwrap().starts_with("same service, failed "), "{near}");
    hub.json(&["change", "mark", "INC-1", &id, "rolled-back", "--reason", "errors began with it"]);
    let (out, _) = hub.run(&["change", "suspects", "INC-1"]);
    assert!(out.contains("rolled back") && out.contains("same service"), "{out}");
    let (out, _) = hub.run(&["incident", "timeline", "INC-1"]);
    assert!(
        out.contains("change “checkout v1.2 (production)” was rolled back: errors began with it"),
        "{out}"
    );
    hub.json(&["change", "mark", "INC-1", &id, "--take-back"]);
    assert!(hub.json(&["change", "suspects", "INC-1"])[0].get("mark").is_none());
}

#[test]
fn what_cannot_be_recorded_or_marked_is_told_by_its_exit_code() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Checkout fails"]);
    assert_eq!(hub.run(&["change", "record", "--kind", "lunch"]).1, 2);
    assert_eq!(hub.run(&["change", "record", "--kind", "canary", "--percent", "101"]).1, 2);
    assert_eq!(hub.run(&["change", "record", "--kind", "deploy", "--at", "2999-01-01T00:00:00Z"]).1, 3);
    assert_eq!(hub.run(&["change", "mark", "INC-1", "ci:nothing", "suspect"]).1, 3);
    assert_eq!(hub.run(&["change", "mark", "INC-1", "ci:nothing"]).1, 2);
    assert_eq!(
        hub.run(&["change", "suspects", "INC-1"]),
        ("no change is known near the onset\n".to_owned(), 0)
    );
}
