//! Who may do what, and where the token comes from.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::hub::Hub;

/// With another token; its output, its words and its exit code.
fn run_as(hub: &Hub, token: &str, args: &[&str]) -> (String, String, i32) {
    let output = hub.command(args).env("WARROOM_TOKEN", token).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn token(hub: &Hub, name: &str, role: &str) -> String {
    hub.json(&["token", "create", name, "--role", role])["token"].as_str().unwrap().to_owned()
}

#[test]
fn each_role_may_do_what_it_says_and_is_refused_the_rest_with_a_reason() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Roles"]);
    let observer = token(&hub, "olga", "observer");
    let responder = token(&hub, "rui", "responder");
    let ingest = token(&hub, "prometheus", "ingest");
    assert_eq!(run_as(&hub, &observer, &["incident", "list"]).2, 0);
    let (_, why, code) = run_as(&hub, &observer, &["incident", "ack", "INC-1"]);
    assert_eq!(code, 3, "{why}");
    assert!(why.starts_with("warroom: ") && why.lines().count() == 1, "{why}");
    assert_eq!(run_as(&hub, &responder, &["incident", "ack", "INC-1"]).2, 0);
    assert_eq!(run_as(&hub, &responder, &["token", "list"]).2, 3);
    assert_eq!(run_as(&hub, &ingest, &["incident", "list"]).2, 3);
    let shown = hub.json(&["incident", "show", "INC-1"]);
    assert_eq!(shown["acknowledgement"]["by"]["person"], "rui");
}

#[test]
fn a_token_ends_when_it_is_revoked_and_the_last_admin_stays() {
    let hub = Hub::start("");
    let made = hub.json(&["token", "create", "rui", "--expires-in", "30"]);
    assert!(made["expires_at"].is_string(), "{made}");
    let secret = made["token"].as_str().unwrap();
    assert_eq!(run_as(&hub, secret, &["status"]).2, 0);
    let (list, _) = hub.run(&["token", "list"]);
    assert!(list.contains("rui") && !list.contains(secret), "{list}");
    assert_eq!(hub.run(&["token", "revoke", made["id"].as_str().unwrap()]).1, 0);
    let (_, why, code) = run_as(&hub, secret, &["incident", "list"]);
    assert_eq!(code, 3, "{why}");
    let admin = hub.json(&["token", "list"])[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(hub.run(&["token", "revoke", &admin]).1, 3);
    assert_eq!(hub.run(&["token", "revoke", "../x"]).1, 3);
}

#[test]
fn a_new_token_alone_goes_to_stdout() {
    let hub = Hub::start("");
    let (out, code) = hub.run(&["token", "create", "prometheus", "--role", "ingest"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("wr_") && out.lines().count() == 1, "{out}");
}

#[test]
fn a_token_file_that_others_can_read_is_refused_with_what_to_do() {
    let hub = Hub::start("");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), hub.token()).unwrap();
    let path = file.path().to_str().unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    let run = || hub.command(&["incident", "list", "--token-file", path]).output().unwrap();
    let refused = run();
    let why = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(why.contains("chmod 600"), "{why}");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(run().status.code(), Some(0));
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let hub = Hub::start("");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, wrong) = (write("good", &hub.token()), write("wrong", "wr_wrong"));
    let settings =
        write("config.toml", &format!("[client]\nhub = \"{}\"\ntoken_file = \"good\"\n", hub.url()));
    let code = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = hub.command(args);
        command.env_remove("WARROOM_HUB").env_remove("WARROOM_TOKEN_FILE").envs(env.iter().copied());
        command.output().unwrap().status.code().unwrap()
    };
    let list = ["incident", "list", "--config", &settings];
    assert_eq!(code(&list, &[]), 0);
    assert_eq!(code(&list, &[("WARROOM_TOKEN_FILE", &wrong)]), 3);
    assert_eq!(code(&list, &[("WARROOM_TOKEN", "wr_wrong"), ("WARROOM_TOKEN_FILE", &good)]), 3);
    let flag = [&list[..], &["--token-file", &good]].concat();
    assert_eq!(code(&flag, &[("WARROOM_TOKEN", "wr_wrong")]), 0);
    assert_eq!(code(&list, &[("WARROOM_HUB", "http://127.0.0.1:9")]), 4);
    let url = hub.url();
    let flag = [&list[..], &["--hub", &url]].concat();
    assert_eq!(code(&flag, &[("WARROOM_HUB", "http://127.0.0.1:9")]), 0);
}
