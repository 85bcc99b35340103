//! Changes as those who make them send them, over a real socket.

use reqwest::Method;
use serde_json::{Value, json};

use crate::room::{Room, memory, settings};

fn deployment(state: &str, updated_at: &str) -> Value {
    json!({
        "deployment_status": {"state": state, "updated_at": updated_at},
        "deployment": {"id": 17, "task": "deploy", "ref": "v1.2", "environment": "production",
            "created_at": "2026-11-23T11:50:00Z", "creator": {"login": "ana"}},
        "repository": {"name": "checkout", "html_url": "https://github.com/shop/checkout"}
    })
}

async fn changes(room: &Room, query: &str) -> Vec<Value> {
    room.get("oli", &format!("/changes{query}")).await["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_of_github_is_one_change_however_often_and_in_whatever_order_it_is_told() {
    let room = Room::open().await;
    let hook = |body: Value| {
        let url = format!("http://{}/hooks/github/wr_prom", room.hub.address);
        room.http.post(url).header("x-github-event", "deployment_status").json(&body)
    };
    for (state, at) in [
        ("success", "2026-11-23T11:55:00Z"),
        ("in_progress", "2026-11-23T11:51:00Z"),
        ("success", "2026-11-23T11:55:00Z"),
        ("inactive", "2026-11-23T11:59:00Z"),
    ] {
        assert_eq!(hook(deployment(state, at)).send().await.unwrap().status(), 200);
    }
    let known = changes(&room, "").await;
    assert_eq!(known.len(), 1);
    let told = (&known[0]["id"], &known[0]["phase"], &known[0]["at"], &known[0]["source"]);
    let at = json!("2026-11-23T11:50:00.000Z");
    assert_eq!(told, (&json!("prom:deployment-17"), &json!("succeeded"), &at, &json!("prom")));
    assert!(room.get("ana", "/deadletters").await["items"].as_array().unwrap().is_empty());
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_asked_for_where_a_secret_is_set_and_a_token_always() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("github-secret");
    std::fs::write(&secret, "It's a Secret to Everybody\n").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut settings = settings();
    settings.signatures.github = Some(secret);
    let room = Room::with(memory(), settings).await;
    let body = r#"{"zen":"Keep it logically awesome."}"#;
    let hook = |who: &str, signature: Option<&str>| {
        let url = format!("http://{}/hooks/github/wr_{who}", room.hub.address);
        let request = room.http.post(url).header("x-github-event", "ping").body(body);
        signature.into_iter().fold(request, |request, value| request.header("x-hub-signature-256", value))
    };
    let right = "sha256=b9f180c4171a9926a5055962b54ec47b0ebee85e62e76c83ebdbb382f77b05ac";
    let wrong = format!("sha256={}", "0".repeat(64));
    for (who, signature, status) in [
        ("prom", Some(right), 200),
        ("prom", Some(&*wrong), 401),
        ("prom", None, 401),
        ("nobody", Some(right), 401),
        ("oli", Some(right), 403),
    ] {
        let answer = hook(who, signature).send().await.unwrap();
        assert_eq!(answer.status(), status, "{who} {signature:?}");
    }
    // Others are not concerned.
    let flag = json!({"id": 1, "type": "feature-created", "featureName": "x"});
    assert_eq!(
        room.ask(Method::POST, "prom", "/hooks/unleash").json(&flag).send().await.unwrap().status(),
        200
    );
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pagerdutys_clients_get_the_answer_that_they_look_for_and_their_key_is_the_token() {
    let room = Room::open().await;
    let send = |key: &str| {
        let event = json!({
            "routing_key": key,
            "payload": {"summary": "deployed checkout 1.2.3", "timestamp": "2026-11-23T11:58:00.315+0000",
                "custom_details": {"service": "checkout", "version": "1.2.3"}}
        });
        room.http.post(format!("http://{}/v2/change/enqueue", room.hub.address)).json(&event).send()
    };
    let answer = send("wr_am").await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.json::<Value>().await.unwrap()["status"], "success");
    assert_eq!(send("wr_am").await.unwrap().status(), 202);
    assert_eq!(send("0123456789abcdef0123456789abcdef").await.unwrap().status(), 401);
    let known = changes(&room, "").await;
    assert_eq!((known.len(), &known[0]["at"]), (1, &json!("2026-11-23T11:58:00.315Z")));
    let large = json!({"routing_key": "wr_am", "payload": {"summary": "x".repeat(100_000)}});
    let url = format!("http://{}/v2/change/enqueue", room.hub.address);
    assert_eq!(room.http.post(url).json(&large).send().await.unwrap().status(), 413);
    let odd = json!({"routing_key": "wr_am", "payload": {}});
    let url = format!("http://{}/v2/change/enqueue", room.hub.address);
    assert_eq!(room.http.post(url).json(&odd).send().await.unwrap().status(), 202);
    let letters = room.get("ana", "/deadletters").await.to_string();
    assert!(letters.contains("payload.summary") && !letters.contains("wr_am"), "{letters}");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_kept_for_a_person_and_what_is_no_json_is_refused() {
    let room = Room::open().await;
    let post = |path: &str, body: &'static str| room.ask(Method::POST, "prom", path).body(body).send();
    for path in ["github", "launchdarkly", "cloudevents", "unleash", "flagger", "argo"] {
        let path = format!("/hooks/{path}");
        assert_eq!(post(&path, "{\"hello\":\"world\"}").await.unwrap().status(), 200, "{path}");
        assert_eq!(post(&path, "hello").await.unwrap().status(), 400, "{path}");
    }
    let letters = room.get("ana", "/deadletters").await;
    let mut paths: Vec<&str> =
        letters["items"].as_array().unwrap().iter().map(|letter| letter["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    let all = ["argo", "cloudevents", "flagger", "github", "launchdarkly", "unleash"];
    assert_eq!(paths, all.map(|name| format!("/hooks/{name}")));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_records_its_deploys_and_a_responder_marks_one() {
    let room = Room::open().await;
    let deploy = |name: &str, at: &str| {
        let change = json!({"id": name, "kind": "deploy", "service": "checkout", "at": at});
        json!({"changes": [change]})
    };
    let made = room.done("prom", "/changes", deploy("build-1", "2026-11-23T11:58:00Z")).await;
    assert_eq!(made["change"], "prom:build-1");
    room.done("ana", "/changes", deploy("by hand", "2026-11-23T11:59:00Z")).await;
    assert_eq!(
        room.command("oli", "/changes", deploy("x", "2026-11-23T11:59:00Z")).send().await.unwrap().status(),
        403
    );
    let odd = json!({"changes": [{"kind": "lunch"}]});
    assert_eq!(room.command("prom", "/changes", odd).send().await.unwrap().status(), 422);

    let incident = room.declare("Checkout fails").await;
    let path = format!("/incidents/{incident}/changes/prom:build-1/mark");
    room.done("ana", &path, json!({"mark": "suspect", "reason": "it began with it"})).await;
    assert_eq!(room.command("prom", &path, json!({"mark": "cleared"})).send().await.unwrap().status(), 403);
    let marks = &room.get("oli", &format!("/incidents/{incident}")).await["marks"];
    assert_eq!(marks["prom:build-1"]["mark"], "suspect");
    room.done("ana", &path, json!({})).await;
    assert!(room.get("oli", &format!("/incidents/{incident}")).await.get("marks").is_none());
    let unknown = format!("/incidents/{incident}/changes/prom:build-9/mark");
    assert_eq!(room.command("ana", &unknown, json!({"mark": "held"})).send().await.unwrap().status(), 404);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_newest_first_in_parts_and_by_service_and_time() {
    let room = Room::open().await;
    let all: Vec<Value> = (0..7)
        .map(|number| {
            let service = if number % 2 == 0 { "checkout" } else { "search" };
            // Two of them at the same moment.
            let at = format!("2026-11-23T11:5{}:00Z", number.min(5));
            json!({"id": number.to_string(), "kind": "deploy", "service": service, "at": at})
        })
        .collect();
    room.done("prom", "/changes", json!({"changes": all})).await;
    let ids = |items: &[Value]| -> Vec<String> {
        items.iter().map(|one| one["id"].as_str().unwrap().trim_start_matches("prom:").to_owned()).collect()
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = room.get("oli", &format!("/changes?limit=2&cursor={cursor}")).await;
        seen.extend(ids(page["items"].as_array().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    assert_eq!(ids(&changes(&room, "?service=Search").await), ["5", "3", "1"]);
    assert_eq!(ids(&changes(&room, "?since=2026-11-23T11:54:00Z").await), ["6", "5", "4"]);
    let wrong = room.ask(Method::GET, "oli", "/api/v1/changes?cursor=x").send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_has_the_changes_that_were_and_hears_of_those_that_come() {
    let room = Room::open().await;
    let flag = |name: &str| json!({"changes": [{"id": name, "kind": "flag", "title": "new-cart on"}]});
    room.done("prom", "/changes", flag("1")).await;
    let mut terminal = room.feed("oli", None).await;
    let snapshot = terminal.frame("snapshot").await;
    assert_eq!(snapshot["room"]["changes"]["prom:1"]["title"], "new-cart on");
    room.done("prom", "/changes", flag("2")).await;
    let entries = terminal.frame("entries").await;
    assert_eq!(entries["entries"][0]["event"]["type"], "changes.recorded");
    room.close().await;
}
