//! Bodies that vendors really send, each with what it became. They are too much for the repository: `WARROOM_SHARED` names
//! the folder that holds them, or else it is `shared` beside the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::{HeaderMap, HeaderName};
use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::domain::change::ChangeReport;

const EVENTS: &str = "slo-vectors/change-events";
const PAYLOADS: &str = "contracts/payloads";

/// What becomes of each file of `slo-vectors/change-events`.
const OF_EVENTS: &[(&str, &str)] = &[
    (
        "github/deployment.gh-pages.payload.json",
        "deploy started, deployment-145988746, Hello-World gh-pages@f95f852 github-pages",
    ),
    (
        "github/deployment.payload.json",
        "deploy started, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment.with-installation.payload.json",
        "deploy started, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment_status.payload.json",
        "deploy succeeded, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment_status.with-installation.payload.json",
        "deploy succeeded, deployment-145988746, Hello-World master@f95f852 production",
    ),
    ("github/release.published.payload.json", "release succeeded, release-17372790, Hello-World 0.0.1 -"),
    ("github/ping.payload.json", "nothing: GitHub asked whether somebody is here"),
    ("github/push.payload.json", "nothing: only deployments and releases change what runs"),
    ("github/workflow_run.completed.payload.json", "nothing: only deployments and releases change what runs"),
    (
        "launchdarkly/integration-context/flag/toggle.json",
        "flag succeeded, 5e38bf6706121d8aaf15392a, - - production",
    ),
    (
        "launchdarkly/integration-context/flag/targeting-rule-update.json",
        "flag succeeded, 5e38c0d506121d8aaf15392b, - - production",
    ),
    (
        "launchdarkly/integration-context/other/segment.create.json",
        "flag succeeded, 5e38c5bd06121dba45ba0f44, - - production",
    ),
    (
        "launchdarkly/integration-context/other/segment.update.json",
        "flag succeeded, 5e38c61306121dba45ba0f45, - - production",
    ),
    (
        "launchdarkly/integration-context/environment/create.json",
        "config succeeded, 5e38c48806121dba45ba0f2f, - - local-dev",
    ),
    (
        "launchdarkly/integration-context/environment/update.json",
        "config succeeded, 5e38c50906121dba45ba0f42, - - local-dev",
    ),
    (
        "launchdarkly/integration-context/member/update.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    (
        "launchdarkly/integration-context/project/create.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    (
        "launchdarkly/integration-context/project/update.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    (
        "launchdarkly/integration-context/project/delete.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    (
        "launchdarkly/integration-context/other/metric.create.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    (
        "launchdarkly/integration-context/other/webhook.enable.json",
        "nothing: only flags, segments and environments change what runs",
    ),
    ("pagerduty/change-event.json", "deploy succeeded, -, - - -"),
    (
        "cdevents/service_deployed.json",
        "deploy succeeded, /event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819, mySubject123 sha256:0b31b1c02ff4 test123",
    ),
    (
        "cdevents/service_upgraded.json",
        "deploy succeeded, /event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819, mySubject123 sha256:0b31b1c02ff4 test123",
    ),
    (
        "cdevents/service_rolledback.json",
        "rollback succeeded, /event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819, mySubject123 sha256:0b31b1c02ff4 test123",
    ),
    (
        "cdevents/service_removed.json",
        "infra succeeded, /event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819, mySubject123 - test123",
    ),
    (
        "cdevents/environment_modified.json",
        "infra succeeded, /event/source/123/271069a8-fc18-44f1-b38f-9d70a1695819, - - testEnv",
    ),
    ("cdevents/artifact_published.json", "nothing: only services and environments change what runs"),
    ("cdevents/change_merged.json", "nothing: only services and environments change what runs"),
    ("cdevents/pipelinerun_finished.json", "nothing: only services and environments change what runs"),
    ("cdevents/incident_detected.json", "nothing: only services and environments change what runs"),
    ("cdevents/incident_reported.json", "nothing: only services and environments change what runs"),
    ("cdevents/incident_resolved.json", "nothing: only services and environments change what runs"),
    // flagd sends nothing: these are the files that it watches. Posted all the same, they are set aside.
    (
        "flagd/cheat-sheet-flags.json",
        "set aside: neither a CloudEvent (`specversion`) nor a CDEvent (`context.type`)",
    ),
    (
        "flagd/example_flags.flagd.json",
        "set aside: neither a CloudEvent (`specversion`) nor a CDEvent (`context.type`)",
    ),
    ("flagd/example_flags.flagd.yaml", "set aside: expected value at line 1 column 1"),
    (
        "flagd/example_flags_secondary.flagd.json",
        "set aside: neither a CloudEvent (`specversion`) nor a CDEvent (`context.type`)",
    ),
];

/// What becomes of each file of a sender of changes in `contracts/payloads`.
const OF_PAYLOADS: &[(&str, &str)] = &[
    (
        "github/deployment--payload.json",
        "deploy started, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment--with-installation.json",
        "deploy started, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment_status--payload.json",
        "deploy succeeded, deployment-145988746, Hello-World master@f95f852 production",
    ),
    (
        "github/deployment_status--with-installation.json",
        "deploy succeeded, deployment-145988746, Hello-World master@f95f852 production",
    ),
    ("github/emulator-release-signed.body", "release succeeded, release-1, checkout v1.2.3 -"),
    ("github/release--published.json", "release succeeded, release-17372790, Hello-World 0.0.1 -"),
    ("github/ping--payload.json", "nothing: GitHub asked whether somebody is here"),
    ("github/pull_request--closed.json", "nothing: only deployments and releases change what runs"),
    ("github/push--payload.json", "nothing: only deployments and releases change what runs"),
    ("github/push--with-organization.json", "nothing: only deployments and releases change what runs"),
    ("github/workflow_run--completed.json", "nothing: only deployments and releases change what runs"),
    ("launchdarkly/environment-update.json", "config succeeded, 5e38c50906121dba45ba0f42, - - local-dev"),
    ("launchdarkly/flag-archive.json", "flag succeeded, 5e38c29606121dba45ba0f24, - - -"),
    ("launchdarkly/flag-create.json", "flag succeeded, 5e38c1f006121d8aaf15392d, - - -"),
    (
        "launchdarkly/flag-targeting-rule-update.json",
        "flag succeeded, 5e38c0d506121d8aaf15392b, - - production",
    ),
    ("launchdarkly/flag-toggle.json", "flag succeeded, 5e38bf6706121d8aaf15392a, - - production"),
    ("launchdarkly/flag-update-all-environments.json", "flag succeeded, 5e38c13206121d8aaf15392c, - - -"),
    ("launchdarkly/other-segment.update.json", "flag succeeded, 5e38c61306121dba45ba0f45, - - production"),
    ("pagerduty/events-v2/python-pagerduty-change.body", "deploy succeeded, -, - abc -"),
    ("unleash/feature-created.body", "flag succeeded, event-7, - - -"),
    ("unleash/feature-environment-disabled.body", "flag succeeded, event-10, - - development"),
    ("unleash/feature-environment-enabled.body", "flag succeeded, event-9, - - development"),
    ("unleash/feature-strategy-add.body", "flag succeeded, event-8, - - development, 50 %"),
];

fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WARROOM_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}; set WARROOM_SHARED to the folder that holds it", folder.display());
    None
}

fn words(told: Result<Told, String>) -> String {
    match told {
        Err(reason) => format!("set aside: {reason}"),
        Ok(Told::Nothing(why)) => format!("nothing: {why}"),
        Ok(Told::Changes(changes)) => changes.iter().map(in_words).collect::<Vec<_>>().join("; "),
    }
}

fn in_words(change: &ChangeReport) -> String {
    let word = |line: &Option<crate::domain::text::Line>| line.as_deref().unwrap_or("-").to_owned();
    let ChangeReport { kind, phase, id, service, version, environment, rollout, .. } = change;
    let percent = rollout.as_ref().and_then(|rollout| rollout.percent);
    let percent = percent.map(|percent| format!(", {} %", percent.get())).unwrap_or_default();
    let (service, version, environment) = (word(service), word(version), word(environment));
    format!("{kind} {phase}, {}, {service} {version} {environment}{percent}", word(id))
}

/// What a file becomes, sent by whoever its folder names.
fn became(root: &Path, name: &str) -> String {
    let body = fs::read_to_string(root.join(name)).unwrap();
    let (vendor, rest) = name.split_once('/').unwrap();
    let told = match vendor {
        "github" if rest.starts_with("emulator-release") => Sender::GitHub.read(&event("release"), &body),
        "github" => Sender::GitHub.read(&event(rest.split(['.', '-']).next().unwrap()), &body),
        "launchdarkly" => Sender::LaunchDarkly.read(&HeaderMap::new(), &body),
        "unleash" => Sender::Unleash.read(&HeaderMap::new(), &body),
        "pagerduty" => pagerduty::read(&body),
        _ => Sender::CloudEvents.read(&HeaderMap::new(), &body),
    };
    if let Ok(Told::Changes(changes)) = &told {
        assert!(changes.iter().all(|change| change.at.is_some()), "{name}: when?");
    }
    words(told)
}

fn event(name: &str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("x-github-event"), name.parse().unwrap())])
}

fn files(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// Not the alerts and incidents that lie beside them.
fn is_of_changes(name: &str) -> bool {
    let sends_changes = ["github/", "launchdarkly/", "unleash/", "cdevents/", "flagd/"];
    let is_body = !name.ends_with(".request.json");
    is_body && (sends_changes.iter().any(|folder| name.starts_with(folder)) || name.contains("-change."))
}

#[test]
fn each_body_that_a_vendor_really_sent_becomes_a_change_or_rightly_none() {
    let all = [(EVENTS, OF_EVENTS), (PAYLOADS, OF_PAYLOADS)];
    let mut wrong = Vec::new();
    for (folder, expected) in all {
        let Some(root) = shared(folder) else { return };
        for (name, words) in expected {
            let became = became(&root, name);
            println!("{folder}/{name}: {became}");
            if became != *words {
                wrong.push(format!("{name}\n  became   {became}\n  expected {words}"));
            }
        }
        let mut found = BTreeSet::new();
        files(&root, &root, &mut found);
        for name in found.iter().filter(|name| is_of_changes(name)) {
            if !expected.iter().any(|(known, _)| known == name) {
                wrong.push(format!("{name} is not in the list"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_signatures_of_github_and_launchdarkly_hold_where_they_should_and_nowhere_else() {
    let Some(root) = shared(PAYLOADS) else { return };
    let vectors: Value =
        serde_json::from_str(&fs::read_to_string(root.join("signature-vectors.json")).unwrap()).unwrap();
    let all =
        vectors["vectors"].as_array().or_else(|| vectors["cases"].as_array()).or(vectors.as_array()).unwrap();
    let mut seen = 0;
    for vector in all {
        let sender = match vector["vendor"].as_str().unwrap() {
            "github" => Sender::GitHub,
            "launchdarkly" => Sender::LaunchDarkly,
            _ => continue,
        };
        let body = match vector["body_file"].as_str() {
            Some(file) => fs::read(root.join(file)).unwrap(),
            None => vector["body"].as_str().unwrap().as_bytes().to_vec(),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in vector["headers"].as_object().unwrap() {
            headers.insert(name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
        }
        let secrets = vec![SecretString::from(vector["secret"].as_str().unwrap())];
        let signatures = Signatures::of(secrets);
        let holds = signatures.check(sender, &headers, &body).is_ok();
        assert_eq!(holds, vector["valid"].as_bool().unwrap(), "{}: {}", vector["vendor"], vector["name"]);
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}
