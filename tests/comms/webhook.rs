//! Updates by webhook.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::hub::{Hub, SECRET};
use super::receiver::{Answer, Receiver, Request, status};

/// As a receiver does it, from the specification of Standard Webhooks.
#[track_caller]
fn verify(request: &Request) {
    let header = |name: &str| request.headers.get(name).unwrap_or_else(|| panic!("no {name}: {request:?}"));
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    assert!(!id.contains('.'), "{id}");
    let age = chrono::Utc::now().timestamp() - timestamp.parse::<i64>().unwrap();
    assert!((0..300).contains(&age), "{age} s old");
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(header("webhook-signature"), &format!("v1,{expected}"));
}

fn hub(receiver: &Receiver) -> Hub {
    let hub = Hub::start(&[("hook", receiver.destination())]);
    hub.send("Checkout", "We are on it.");
    hub
}

#[test]
fn a_webhook_arrives_once_signed_and_with_the_text_of_the_update() {
    let receiver = Receiver::start([]);
    let hub = hub(&receiver);
    hub.wait_for("C-1", "hook", "delivered");
    assert_eq!(hub.history("hook"), ["published", "attempted", "delivered"]);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    verify(&requests[0]);
    assert_eq!(requests[0].path, "/hook");
    assert_eq!(requests[0].headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body["type"], "incident.update");
    let data = serde_json::json!({
        "incident": "INC-1", "update": "C-1", "subject": "Checkout", "body": "We are on it."
    });
    assert_eq!(body["data"], data);
}

#[test]
fn a_receiver_that_asks_for_patience_gets_it_and_the_same_id_again() {
    let receiver = Receiver::start([Answer::Status(429, "Retry-After: 5\r\n".to_owned()), status(503)]);
    let hub = hub(&receiver);
    hub.wait_for("C-1", "hook", "delivered");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    requests.iter().for_each(verify);
    let waited = requests[1].at - requests[0].at;
    assert!(waited.as_secs_f64() > 4.9, "{waited:?}");
    let ids: Vec<&String> = requests.iter().map(|request| &request.headers["webhook-id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && id.ends_with("_INC-1_C-1_hook_0")), "{ids:?}");
    assert_eq!(requests[0].body, requests[2].body);
}

#[test]
fn an_answer_that_says_nothing_is_uncertain_and_a_fresh_yes_has_a_fresh_id() {
    let receiver = Receiver::start([status(500), Answer::HangUp]);
    let hub = hub(&receiver);
    hub.wait_for("C-1", "hook", "uncertain");
    hub.send("Checkout", "Still on it.");
    hub.wait_for("C-2", "hook", "uncertain");
    assert_eq!(receiver.requests().len(), 2);
    hub.settle("C-1", "hook", "send_again");
    hub.wait_for("C-1", "hook", "delivered");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[2].body, requests[0].body);
    assert!(requests[2].headers["webhook-id"].ends_with("_INC-1_C-1_hook_1"));
}

#[test]
fn a_clear_no_is_failed_and_a_redirect_is_not_followed() {
    let elsewhere = Receiver::start([]);
    let there = format!("Location: http://{}/trap\r\n", elsewhere.address());
    let receiver = Receiver::start([status(404), Answer::Status(307, there)]);
    let hub = hub(&receiver);
    let detail = hub.wait_for("C-1", "hook", "failed");
    assert!(detail.as_str().unwrap().contains("404"), "{detail}");
    hub.send("Checkout", "Still on it.");
    hub.wait_for("C-2", "hook", "failed");
    assert_eq!(receiver.requests().len(), 2);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn an_address_that_is_not_public_is_refused_unless_it_is_meant() {
    let receiver = Receiver::start([]);
    let url = format!("https://localhost:{}/hook", receiver.address().port());
    let hook = format!("kind = 'webhook'\nurl = '{url}'\nsecret_file = 'SECRET_FILE'");
    let hub = Hub::start(&[("hook", hook)]);
    hub.send("Checkout", "We are on it.");
    let detail = hub.wait_for("C-1", "hook", "failed");
    assert!(detail.as_str().unwrap().contains("allow_private"), "{detail}");
    assert_eq!(hub.history("hook"), ["published", "failed"]);
    assert!(receiver.requests().is_empty());
}

#[test]
fn a_name_is_tried_at_each_of_its_addresses() {
    let receiver = Receiver::start([]);
    let by_name = receiver.destination().replace("127.0.0.1", "localhost");
    let hub = Hub::start(&[("hook", by_name)]);
    hub.send("Checkout", "We are on it.");
    hub.wait_for("C-1", "hook", "delivered");
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_hub_that_is_killed_before_the_answer_does_not_post_again_by_itself() {
    let receiver = Receiver::start([Answer::Silence]);
    let mut hub = hub(&receiver);
    receiver.wait_for_requests(1);
    hub.start_again(std::time::Duration::ZERO);
    hub.wait_for("C-1", "hook", "uncertain");
    hub.send("Checkout", "Still on it.");
    hub.wait_for("C-2", "hook", "delivered");
    let ids: Vec<String> =
        receiver.requests().iter().map(|request| request.headers["webhook-id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[1].ends_with("_INC-1_C-2_hook_0"), "{ids:?}");
}
