//! Updates over protected lines: real handshakes with servers whose certificate only a test's issuer vouches for.

use super::SOON;
use super::hub::{Hub, Trust};
use super::receiver::{Answer, Receiver};
use super::support::eventually;
use super::support::smtp::{Protection, SmtpServer};

fn mail(server: &SmtpServer, security: &str) -> (&'static str, String) {
    let table = super::mail::destination(server.address());
    ("mail", table.replace("security = 'none'", &format!("security = '{security}'")))
}

#[test]
fn mail_goes_over_starttls_and_over_tls_from_the_first_byte() {
    for (security, protection) in [("starttls", Protection::Starttls), ("tls", Protection::Tls)] {
        let server = SmtpServer::protected(protection);
        let hub = Hub::start_with(&[mail(&server, security)], Trust::TestIssuer);
        hub.send("Checkout", "We are on it.");
        hub.wait_for("C-1", "mail", "delivered");
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "{security}");
        assert_eq!(mails[0].to, ["ana@a.example", "bo@b.example"]);
        assert!(mails[0].data.contains("We are on it."), "{security}");
    }
}

/// Waits until it is clear that nothing goes, and gives the reason.
#[track_caller]
fn not_sent(hub: &Hub, destination: &str) -> String {
    hub.send("Checkout", "We are on it.");
    let detail = eventually("a reason", SOON, || {
        let delivery = hub.delivery("C-1", destination);
        delivery["detail"].as_str().filter(|detail| !detail.is_empty()).map(str::to_owned)
    });
    let history = hub.history(destination);
    assert!(!history.contains(&"delivered".to_owned()), "{history:?}");
    detail
}

#[test]
fn a_mail_server_whose_certificate_nobody_vouches_for_gets_nothing() {
    for (security, protection) in [("starttls", Protection::Starttls), ("tls", Protection::Tls)] {
        let server = SmtpServer::protected(protection);
        let hub = Hub::start(&[mail(&server, security)]);
        let detail = not_sent(&hub, "mail");
        assert!(detail.to_lowercase().contains("certificate"), "{security}: {detail}");
        assert!(server.mails().is_empty());
    }
}

#[test]
fn a_mail_server_without_tls_gets_nothing_unless_the_settings_say_so() {
    let server = SmtpServer::start();
    let hub = Hub::start_with(&[mail(&server, "starttls")], Trust::TestIssuer);
    not_sent(&hub, "mail");
    assert!(server.mails().is_empty());
}

#[test]
fn a_webhook_goes_over_https_to_a_server_that_the_hub_trusts() {
    let receiver = Receiver::start_tls([]);
    let hub = Hub::start_with(&[("hook", receiver.destination())], Trust::TestIssuer);
    hub.send("Checkout", "We are on it.");
    hub.wait_for("C-1", "hook", "delivered");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].headers.contains_key("webhook-signature"));
}

#[test]
fn a_webhook_whose_certificate_nobody_vouches_for_gets_nothing() {
    let receiver = Receiver::start_tls([]);
    let hub = Hub::start(&[("hook", receiver.destination())]);
    not_sent(&hub, "hook");
    assert!(receiver.requests().is_empty());
}

#[test]
fn a_redirect_over_https_is_refused_and_not_followed() {
    let (elsewhere, in_the_clear) = (Receiver::start_tls([]), Receiver::start([]));
    let to = |location: String| Answer::Status(308, format!("Location: {location}\r\n"));
    let receiver = Receiver::start_tls([
        to(format!("https://{}/trap", elsewhere.address())),
        to(format!("http://{}/trap", in_the_clear.address())),
    ]);
    let hub = Hub::start_with(&[("hook", receiver.destination())], Trust::TestIssuer);
    for comms in ["C-1", "C-2"] {
        hub.send("Checkout", "We are on it.");
        let detail = hub.wait_for(comms, "hook", "failed");
        assert!(detail.as_str().unwrap().contains("308"), "{detail}");
    }
    assert_eq!(receiver.requests().len(), 2);
    assert!(elsewhere.requests().is_empty() && in_the_clear.requests().is_empty());
}
