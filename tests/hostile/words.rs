//! What leaves as lines: what commands print and complain of, what the API answers, what the log keeps.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::allowed::{Sender, assert_allowed};
use crate::bystander::{Bystander, PATIENCE};
use crate::corpus::{Row, naughty, need_the_collection, rows_of};
use crate::hub::PROGRAM;
use crate::support::eventually;
use crate::support::http::get;
use crate::support::servers::free_address;
use crate::support::terminal::keys;

const JSON: &str = "Content-Type: application/json\r\n";

/// A hub with an audience that nobody belongs to.
fn hub() -> Bystander {
    Bystander::with("[hub.audiences.customers]\nlabel = \"Customers\"\ndestinations = []\n")
}

/// Puts the text into every field that a person or a sender can fill. Returns the incident's number.
fn tell_all(bystander: &Bystander, token: &str, text: &str, number: usize) -> u64 {
    let ask = |path: &str, body: Value| {
        let answer = bystander.post(&format!("/api/v1{path}"), token, JSON, body.to_string().as_bytes());
        assert_allowed(
            &answer.body,
            Sender::Lines,
            &format!("the answer of {path} to {}", text.escape_debug()),
        );
        assert!(matches!(answer.status, 200 | 201 | 422 | 409 | 400), "{path}: {}", answer.status);
        answer
    };
    let declare = |title: &str| {
        let body =
            json!({"title": title, "severity": "SEV2", "summary": text, "services": [text], "type": text});
        ask("/incidents", body)
    };
    let mut declared = declare(text);
    if declared.status == 422 {
        // Blank or too long: what else there is goes to another.
        let body = json!({"title": format!("Number {number}"), "severity": "SEV2", "summary": text});
        declared = ask("/incidents", body);
    }
    let made: Value = serde_json::from_slice(&declared.body).unwrap();
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{}: {made}", text.escape_debug())).to_owned();
    let on = |path: &str| format!("/incidents/{id}{path}");
    ask(&on("/notes"), json!({"text": text, "evidence": {"output": text, "host": text, "command": text}}));
    ask(&on("/tasks"), json!({"title": text}));
    ask(&on("/links"), json!({"title": text, "url": format!("https://shop.example/{text}")}));
    ask(&on("/title"), json!({"title": text}));
    ask(&on("/summary"), json!({"summary": text}));
    ask(&on("/status"), json!({"status": "investigating", "reason": text}));
    ask(&on("/responders"), json!({"responder": text}));
    ask(&on("/comms"), json!({"message": {"audience": "customers", "subject": text, "body": text}}));
    let alert = json!([{
        "labels": {"alertname": text, "service": format!("waits-{number}"), "severity": "warning", "words": text},
        "annotations": {"summary": text},
        "generatorURL": text,
    }]);
    let answer = bystander.post("/api/v2/alerts", &bystander.ingest, JSON, alert.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", text.escape_debug());
    id.trim_start_matches("INC-").parse().unwrap()
}

/// Runs a command; what it prints and says has to be harmless.
#[track_caller]
fn harmless(bystander: &Bystander, args: &[&str]) -> Vec<u8> {
    let output = bystander.hub.command(args).stdin(Stdio::null()).output().unwrap();
    assert_allowed(&output.stdout, Sender::Lines, &format!("what {args:?} printed"));
    assert_allowed(&output.stderr, Sender::Lines, &format!("what {args:?} said"));
    output.stdout
}

#[test]
fn no_command_and_no_screen_prints_what_acts_on_a_terminal() {
    need_the_collection!();
    let bystander = hub();
    let token = bystander.hub.token();
    let rows = rows_of("terminal");
    let text = |row: &Row| String::from_utf8_lossy(&row.bytes()).into_owned();
    let incidents: Vec<u64> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| tell_all(&bystander, &token, &text(row), number))
        .collect();
    let body = json!({"title": "Naughty", "severity": "SEV3"}).to_string();
    bystander.post("/api/v1/incidents", &token, JSON, body.as_bytes());
    let naughty_one = incidents.iter().max().unwrap() + 1;
    for text in naughty() {
        let body = json!({"text": text}).to_string();
        let path = format!("/api/v1/incidents/INC-{naughty_one}/notes");
        let answer = bystander.post(&path, &token, JSON, body.as_bytes());
        assert!(matches!(answer.status, 200 | 422), "{}: {}", text.escape_debug(), answer.status);
    }
    for list in ["incident list", "incident list --all", "alert list", "slo list", "token list", "status"] {
        let args: Vec<&str> = list.split(' ').collect();
        harmless(&bystander, &args);
        harmless(&bystander, &[&["--json"], &args[..]].concat());
    }
    for number in incidents.iter().chain([&naughty_one]) {
        let id = format!("INC-{number}");
        assert!(!harmless(&bystander, &["incident", "show", &id]).is_empty());
        if number % 4 == 0 || *number == naughty_one {
            harmless(&bystander, &["--json", "incident", "show", &id]);
            harmless(&bystander, &["incident", "timeline", &id, "--limit", "200"]);
            harmless(&bystander, &["task", "list", &id]);
            harmless(&bystander, &["comms", "list", &id]);
        }
    }
    tail(&bystander, &[]);
    tail(&bystander, &["--json"]);
    whole_screen(&bystander);
    assert_allowed(&bystander.hub.log(), Sender::Lines, "the log");
}

/// The whole journal, line by line.
fn tail(bystander: &Bystander, flags: &[&str]) {
    let beginning = bystander.beginning();
    let head = usize::try_from(bystander.head()).unwrap();
    let args = [flags, &["tail", "--after", &beginning]].concat();
    let mut command = bystander.hub.command(&args);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let (mut seen, mut buffer) = (Vec::new(), [0; 64 * 1024]);
    // An entry is a line, and no text in it makes another.
    while seen.iter().filter(|byte| **byte == b'\n').count() < head {
        match out.read(&mut buffer).unwrap() {
            0 => break,
            read => seen.extend_from_slice(&buffer[..read]),
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_allowed(&seen, Sender::Lines, &format!("what {args:?} printed"));
    assert_eq!(seen.iter().filter(|byte| **byte == b'\n').count(), head, "{args:?}");
}

/// The full screen in a real terminal: its modes, its frames, and how it leaves.
fn whole_screen(bystander: &Bystander) {
    let terminal = bystander.hub.terminal("screen", 120, 40);
    terminal.wait_for(|screen| screen.contents().contains("LIVE"), PATIENCE);
    for key in [
        keys::DOWN,
        keys::DOWN,
        keys::TAB,
        keys::TAB,
        keys::DOWN,
        keys::ENTER,
        keys::ESCAPE,
        "?",
        keys::ESCAPE,
    ] {
        let before = terminal.bytes_written();
        terminal.send_keys(key);
        eventually("the screen changes", PATIENCE, || (terminal.bytes_written() > before).then_some(()));
    }
    terminal.send_keys(keys::CTRL_C);
    terminal.wait_for_exit(PATIENCE);
    assert_allowed(&terminal.raw(), Sender::Terminal, "the screen");
}

/// What people mistype, and what scripts pass on: arguments, addresses, names of files.
#[test]
fn no_complaint_gives_back_what_acts_on_a_terminal() {
    need_the_collection!();
    let rows = rows_of("terminal");
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for part in rows.chunks(rows.len().div_ceil(threads)) {
            scope.spawn(|| part.iter().for_each(complaints));
        }
    });
}

fn complaints(row: &Row) {
    // An argument ends at the first NUL.
    let bytes: Vec<u8> = row.bytes().into_iter().filter(|byte| *byte != 0).collect();
    let text = || OsString::from_vec(bytes.clone());
    let word = |word: &str| OsString::from(word);
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[OsString], sender| {
        let mut command = Command::new(PROGRAM);
        command.args(args).env_clear().env("HOME", home.path()).env("WARROOM_TOKEN", "wr_nobody");
        if sender == Sender::ColouredLines {
            // As on a terminal.
            command.env("CLICOLOR_FORCE", "1");
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let what = format!("{} as an argument of {:?}", row.id, args.first());
        assert_allowed(&output.stdout, sender, &what);
        assert_allowed(&output.stderr, sender, &what);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{what}");
    };
    run(&[text()], Sender::ColouredLines);
    run(&[word("incident"), word("show"), text()], Sender::Lines);
    run(&[word("--config"), text(), word("check")], Sender::Lines);
    run(&[word("--hub"), text(), word("status")], Sender::Lines);
}

#[test]
fn no_problem_and_no_line_of_the_log_gives_back_what_acts_on_a_terminal() {
    need_the_collection!();
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    let config = folder.path().join("config/warroom");
    std::fs::create_dir_all(&config).unwrap();
    let settings = format!(
        "[hub]\nlisten = \"{address}\"\nmetrics_listen = \"{metrics}\"\n[hub.limits]\nrequests_per_second = 100000\nburst = 100000\n"
    );
    std::fs::write(config.join("config.toml"), settings).unwrap();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    // Everything that any part of it may say.
    let mut hub = Command::new(PROGRAM)
        .args(["hub", "--log", "debug"])
        .env_clear()
        .env("HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path().join("config"))
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    eventually("the hub is ready", PATIENCE, || {
        get(address, "/readyz").ok().filter(|it| it.status == 200).map(|_| ())
    });
    let token = std::fs::read_to_string(folder.path().join("state/warroom/token")).unwrap();
    problems(&format!("http://{address}"), token.trim());
    hub.kill().unwrap();
    hub.wait().unwrap();
    let log = std::fs::read(folder.path().join("log")).unwrap();
    assert!(log.len() > 1_000);
    assert_allowed(&log, Sender::Lines, "the log");
}

fn problems(hub: &str, token: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    let mut texts: Vec<String> =
        rows_of("terminal").iter().map(|row| String::from_utf8_lossy(&row.bytes()).into_owned()).collect();
    texts.extend(naughty().into_iter().step_by(3));
    for text in texts {
        let text: String = text.chars().take(2_000).collect();
        let coded: String = text.bytes().take(4_000).map(|byte| format!("%{byte:02X}")).collect();
        let at = |path: String| format!("{hub}/api/v1{path}");
        let post = |path: String, body: Value| http.post(at(path)).json(&body);
        let requests = [
            http.get(at(format!("/incidents/{coded}"))),
            http.get(at(format!("/incidents?severity={coded}&status={coded}"))),
            http.get(at(format!("/entries?after={coded}"))),
            post("/incidents".to_owned(), json!({"title": "x", text.as_str(): text})),
            post("/incidents".to_owned(), json!({"title": "x", "severity": text})),
            post(format!("/incidents/{coded}/tasks/{coded}/assign"), json!({"responder": text})),
            post("/incidents".to_owned(), json!({"title": "x"})).header("idempotency-key", text.as_bytes()),
            http.post(format!("{hub}/hooks/alertmanager")).body(format!("{{\"alerts\": {text}")),
            http.post(format!("{hub}/hooks/alertmanager/{coded}")).body("{}"),
        ];
        for (number, request) in requests.into_iter().enumerate() {
            let what = format!("request {number} with {}", text.escape_debug());
            // A header that cannot be sent at all does no harm.
            let Ok(request) = request.bearer_auth(token).build() else { continue };
            let (status, body) = runtime.block_on(async {
                let answer = http.execute(request).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                (answer.status().as_u16(), answer.bytes().await.unwrap())
            });
            assert!(status < 500, "{what}: {status}");
            assert_allowed(&body, Sender::Lines, &what);
            assert!(status < 400 || body.len() < 4_000, "{what}: {} bytes", body.len());
        }
    }
}
