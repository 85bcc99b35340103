use reqwest::Method;
use serde_json::{Value, json};

use warroom::domain::actor::Actor;
use warroom::domain::command::{Command, Submission};
use warroom::domain::ids::IncidentId;
use warroom::domain::severity::Severity;
use warroom::domain::text::{Line, Text};

use crate::room::Room;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_gives_the_first_answer_and_happens_once() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let path = format!("/incidents/{incident}/notes");
    let mut answers = Vec::new();
    for _ in 0..3 {
        let sent = room.command("ana", &path, json!({"text": "looking"})).header("idempotency-key", "k1");
        answers.push(sent.send().await.unwrap().json::<Value>().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let timeline = room.get("oli", &format!("/incidents/{incident}/timeline")).await;
    let notes = timeline["entries"].as_array().unwrap().iter();
    assert_eq!(notes.filter(|entry| entry["event"]["type"] == "note.added").count(), 1);
    let other = room.command("ana", &path, json!({"text": "another"})).header("idempotency-key", "k1");
    assert_eq!(other.send().await.unwrap().status(), 422);
    let somebody = room.command("kim", &path, json!({"text": "looking"})).header("idempotency-key", "k1");
    assert_eq!(somebody.send().await.unwrap().status(), 422);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declaring_says_where_the_incident_is_and_which_revision_it_has() {
    let room = Room::open().await;
    let answer = room.command("ana", "/incidents", json!({"title": "Down"})).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let etag = answer.headers()["etag"].clone();
    let found = room.ask(Method::GET, "oli", &location).send().await.unwrap();
    assert_eq!(found.headers()["etag"], etag);
    assert_eq!(found.json::<Value>().await.unwrap()["title"], "Down");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_an_old_revision_is_refused_with_the_new_one() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let path = format!("/incidents/{incident}/severity");
    let seen = room.get("ana", &format!("/incidents/{incident}")).await["revision"].clone();
    let changed = room.done("kim", &path, json!({"severity": "SEV1"})).await;
    let late =
        room.command("ana", &path, json!({"severity": "SEV3"})).header("if-match", format!("\"{seen}\""));
    let answer = late.send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/stale");
    assert_eq!(problem["revision"], changed["revision"]);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem_with_a_sentence() {
    let room = Room::open().await;
    room.declare("Checkout is slow").await;
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let post = |path: &str, body: &str| {
        room.ask(Method::POST, "ana", path).header("content-type", "application/json").body(body.to_owned())
    };
    let cases = [
        (post("/api/v1/incidents", "{"), 400),
        (post("/api/v1/incidents", &deep), 400),
        (post("/api/v1/incidents", "{\"tilte\":\"x\"}"), 422),
        (post("/api/v1/incidents", "[]"), 422),
        (post("/api/v1/incidents", "{}").header("if-match", "\"a\""), 422),
        (post("/api/v1/incidents", "{\"title\":\"x\"}").header("idempotency-key", "a b"), 400),
        (post("/api/v1/incidents/INC-99/acknowledge", ""), 404),
        (post("/api/v1/incidents/nonsense/acknowledge", ""), 422),
        (post("/api/v1/nowhere", "{}"), 404),
        (post("/api/v1/incidents", &" ".repeat(1024 * 1024 + 1)), 413),
        (
            room.ask(Method::POST, "ana", "/api/v1/incidents").header("content-type", "text/plain").body("x"),
            415,
        ),
        (room.ask(Method::PUT, "ana", "/api/v1/incidents"), 405),
        (room.ask(Method::GET, "ana", "/api/v1/incidents/INC-99"), 404),
        (room.ask(Method::GET, "ana", "/api/v1/incidents?limit=many"), 400),
        (room.ask(Method::GET, "ana", "/api/v1/incidents?cursor=%00"), 400),
        (room.ask(Method::GET, "ana", "/api/v1/feed?after=1"), 400),
    ];
    for (request, expected) in cases {
        let answer = request.send().await.unwrap();
        let (status, url) = (answer.status(), answer.url().clone());
        if url.path().ends_with("/feed") {
            // Without the headers of a websocket it is refused as such.
            assert!(status.is_client_error(), "{url} {status}");
            continue;
        }
        assert_eq!(status, expected, "{url}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["status"], expected);
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
    }
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_it_is_for_and_no_more() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    let (note, cancel) = (format!("/incidents/{incident}/notes"), format!("/incidents/{incident}/cancel"));
    let post = |who, path: &str, body| room.command(who, path, body);
    let read = |who, path: &str| room.ask(Method::GET, who, &format!("/api/v1{path}"));
    let text = || json!({"text": "x"});
    let cases = [
        (read("oli", "/incidents"), 200),
        (post("oli", &note, text()), 403),
        (post("ana", &note, text()), 200),
        (post("ana", &cancel, json!({"reason": "none"})), 403),
        (read("kim", "/tokens"), 403),
        (read("adi", "/tokens"), 200),
        (read("prom", "/incidents"), 403),
        (post("prom", &note, text()), 403),
        (room.ask(Method::POST, "ana", "/api/v2/alerts").body("[]"), 403),
        (room.ask(Method::POST, "prom", "/api/v2/alerts").body("[]"), 200),
        (read("nobody", "/incidents"), 401),
        (room.http.get(format!("http://{}/api/v1/incidents", room.hub.address)), 401),
        (room.http.get(format!("http://{}/healthz", room.hub.address)), 200),
        (room.http.get(format!("http://{}/readyz", room.hub.address)), 200),
        (room.http.get(format!("http://{}/api/v1/openapi.json", room.hub.address)), 200),
    ];
    for (index, (request, expected)) in cases.into_iter().enumerate() {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), expected, "case {index}: {}", answer.text().await.unwrap());
    }
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_comes_from_the_token_and_never_from_the_body() {
    let room = Room::open().await;
    let body = json!({"title": "x", "actor": {"person": "kim"}, "id": "INC-9"});
    assert_eq!(room.command("ana", "/incidents", body).send().await.unwrap().status(), 422);
    let incident = room.declare("Checkout is slow").await;
    let declared = room.get("oli", &format!("/incidents/{incident}")).await;
    assert_eq!(declared["declared_by"], json!({"person": "ana"}));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_made_works_until_it_is_revoked() {
    let room = Room::open().await;
    let wanted = json!({"handle": "zoe", "role": "responder"});
    let made = room.done("adi", "/tokens", wanted).await;
    let token = made["token"].as_str().unwrap().strip_prefix("wr_").unwrap().to_owned();
    assert_eq!(room.get(&token, "/incidents").await["items"], json!([]));
    let listed = room.get("adi", "/tokens").await.to_string();
    assert!(listed.contains("zoe") && !listed.contains(&token), "{listed}");
    let mut feed = room.feed(&token, None).await;
    feed.frame("hello").await;
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(room.ask(Method::DELETE, "adi", &path).send().await.unwrap().status(), 204);
    assert_eq!(feed.closed().await.1, 4401);
    let refused = room.ask(Method::GET, &token, "/api/v1/incidents").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_parts_that_leave_nothing_out() {
    let room = Room::open().await;
    for number in 1..=5 {
        room.declare(&format!("Incident {number}")).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = room.get("oli", &format!("/incidents?limit=2&cursor={cursor}")).await;
        for item in page["items"].as_array().unwrap() {
            seen.push(item["id"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]);
    let timeline = room.get("oli", "/incidents/INC-3/timeline?limit=1").await;
    assert_eq!(timeline["entries"].as_array().unwrap().len(), 1);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_is_read_back_part_by_part() {
    let room = Room::open().await;
    let incident = room.declare("Checkout is slow").await;
    for number in 0..10 {
        room.done("ana", &format!("/incidents/{incident}/notes"), json!({"text": format!("{number}")})).await;
    }
    let (mut seqs, mut before) = (Vec::new(), String::new());
    loop {
        let part = room.get("oli", &format!("/incidents/{incident}/timeline?limit=3{before}")).await;
        let entries = part["entries"].as_array().unwrap();
        let part_seqs: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
        seqs.splice(0..0, part_seqs);
        match part["older_before"].as_u64() {
            Some(seq) => before = format!("&before={seq}"),
            None => break,
        }
    }
    assert!(seqs.len() >= 11);
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_the_room_let_go_of_is_read_from_the_journal() {
    let room = Room::open().await;
    let person = Actor::Person("ana".parse().unwrap());
    let submit = |command| {
        let submission = Submission { id: None, actor: person.clone(), seen: None, command };
        room.hub.submitter.submit(submission)
    };
    room.declare("The first of many").await;
    room.done("kim", "/incidents/INC-1/cancel", json!({"reason": "false alarm"})).await;
    for number in 2..=1_100 {
        let (title, incident) = (Line::clean("Another"), IncidentId(number));
        let (services, alerts) = (Default::default(), Default::default());
        let (severity, kind, summary) = (Some(Severity::Sev3), None, Text::default());
        let declare = Command::Declare { title, severity, kind, services, summary, drill: false, alerts };
        submit(declare).await.unwrap();
        submit(Command::Cancel { incident, reason: Text::clean("false alarm") }).await.unwrap();
    }
    assert!(room.hub.room.read().incident(IncidentId(1)).is_none());
    let found = room.get("oli", "/incidents/INC-1").await;
    assert_eq!((&found["title"], &found["status"]), (&json!("The first of many"), &json!("cancelled")));
    let timeline = room.get("oli", "/incidents/INC-1/timeline").await;
    assert_eq!(timeline["entries"].as_array().unwrap().len(), 2);
    let (mut listed, mut cursor) = (0, String::new());
    loop {
        let page = room.get("oli", &format!("/incidents?status=all&limit=200{cursor}")).await;
        listed += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(listed, 1_100);
    let note = room.command("ana", "/incidents/INC-1/notes", json!({"text": "late"})).send().await.unwrap();
    assert_eq!(note.status(), 404);
    assert!(note.text().await.unwrap().contains("ended more than 1000 incidents ago"));
    room.close().await;
}
