//! What goes out, what no longer does, and to whom.

use serde_json::{Value, json};

use super::SOON;
use super::hub::Hub;
use super::mail::destination;
use super::receiver::{Answer, Receiver};
use super::support::eventually;
use super::support::smtp::{AfterData, SmtpServer};

#[test]
fn one_refused_recipient_is_named_and_the_others_get_it_once() {
    let server = SmtpServer::start();
    server.refuse_recipient("ana@a.example", 550);
    let hub = Hub::start(&[("mail", destination(server.address()))]);
    hub.send("Checkout", "We are on it.");
    let detail = hub.wait_for("C-1", "mail", "delivered");
    let detail = detail.as_str().unwrap();
    assert!(detail.contains("did not go to ana@a.example") && detail.contains("550"), "{detail}");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["bo@b.example"]);
    // Nobody can send it to those who have it once more.
    let again = json!({"verdict": "send_again"});
    let refused = hub.ask_refused("/incidents/INC-1/comms/C-1/deliveries/mail/settle", again);
    assert!(refused["detail"].as_str().unwrap().contains("was delivered"), "{refused}");
    assert_eq!(hub.history("mail"), ["published", "attempted", "delivered"]);
}

#[test]
fn when_every_recipient_is_refused_the_mail_has_failed() {
    let server = SmtpServer::start();
    for recipient in ["ana@a.example", "bo@b.example"] {
        server.refuse_recipient(recipient, 550);
    }
    let hub = Hub::start(&[("mail", destination(server.address()))]);
    hub.send("Checkout", "We are on it.");
    let detail = hub.wait_for("C-1", "mail", "failed");
    let detail = detail.as_str().unwrap();
    assert!(detail.contains("ana@a.example") && detail.contains("bo@b.example"), "{detail}");
    assert!(server.mails().is_empty());
}

#[test]
fn after_a_resolution_what_still_waits_is_dropped_with_a_note_and_never_sent() {
    let address = SmtpServer::start().address();
    let hub = Hub::start(&[("mail", destination(address))]);
    hub.send("Checkout", "Still investigating.");
    eventually("a reason to wait", SOON, || {
        hub.history("mail").contains(&"deferred".to_owned()).then_some(())
    });
    hub.ask("/incidents/INC-1/status", json!({"status": "resolved"}));
    let detail = hub.wait_for("C-1", "mail", "abandoned");
    assert_eq!(detail, "INC-1 was resolved before it could go out");
    let server = SmtpServer::start_on(address);
    hub.send("Checkout", "It works again.");
    hub.wait_for("C-2", "mail", "delivered");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].data.contains("It works again."));
    assert_eq!(hub.history("mail").iter().filter(|event| *event == "dropped").count(), 1);
}

#[test]
fn a_handover_under_way_at_the_resolution_is_left_to_end() {
    let server = SmtpServer::start();
    server.after_data(AfterData::Stall);
    let hub = Hub::start(&[("mail", destination(server.address()))]);
    hub.send("Checkout", "Still investigating.");
    server.wait_until_stalled(SOON);
    hub.ask("/incidents/INC-1/cancel", json!({"reason": "a false alarm"}));
    assert_eq!(hub.delivery("C-1", "mail")["state"], "sending");
    server.after_data(AfterData::Take);
    hub.wait_for("C-1", "mail", "delivered");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn an_update_that_is_put_off_does_not_hold_up_another_incident() {
    let receiver = Receiver::start((0..3).map(|_| Answer::Status(503, String::new())));
    let hub = Hub::start(&[("hook", receiver.destination())]);
    hub.ask("/incidents", json!({"title": "Search fails", "severity": "SEV0"}));
    hub.send("Checkout", "We are on it.");
    receiver.wait_for_requests(3);
    // By now the first waits for up to nine seconds.
    let message = json!({"audience": "customers", "subject": "Search", "body": "We are on it."});
    hub.ask("/incidents/INC-2/comms/send", json!({"message": message}));
    let requests = receiver.wait_for_requests(4);
    let body: Value = serde_json::from_slice(&requests[3].body).unwrap();
    assert_eq!(body["data"]["incident"], "INC-2");
    hub.wait_for("C-1", "hook", "delivered");
    assert_eq!(receiver.requests().len(), 5);
}

#[test]
fn a_drill_goes_out_only_under_its_name() {
    let receiver = Receiver::start([]);
    let hub = Hub::start(&[("hook", receiver.destination())]);
    hub.ask("/incidents", json!({"title": "Checkout fails", "severity": "SEV1", "drill": true}));
    let message = |subject: &str, body: &str| json!({"message": {"audience": "customers", "subject": subject, "body": body}});
    for unmarked in [message("Checkout", "[DRILL] On it."), message("[DRILL] Checkout", "On it.")] {
        let refused = hub.ask_refused("/incidents/INC-2/comms/send", unmarked);
        assert!(refused["detail"].as_str().unwrap().contains("INC-2 is a drill"), "{refused}");
    }
    hub.ask("/incidents/INC-2/comms/send", message("[DRILL] Checkout", "[DRILL] On it."));
    let requests = receiver.wait_for_requests(1);
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body["data"]["subject"], "[DRILL] Checkout");
    assert_eq!(receiver.requests().len(), 1);
}
