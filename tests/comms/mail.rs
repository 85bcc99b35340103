//! Updates by mail.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SOON;
use super::hub::Hub;
use super::receiver::Receiver;
use super::support::eventually;
use super::support::smtp::{AfterData, Mail, SmtpServer};

/// The destination's table in the settings file.
pub fn destination(address: SocketAddr) -> String {
    format!(
        "kind = 'mail'\nserver = '{}'\nport = {}\nsecurity = 'none'\n\
         from = 'Shop status <status@shop.example>'\nto = ['ana@a.example', 'bo@b.example']",
        address.ip(),
        address.port()
    )
}

fn hub(server: &SmtpServer) -> Hub {
    Hub::start(&[("mail", destination(server.address()))])
}

/// The value of a header, unfolded and with its encoded words decoded.
fn header(mail: &Mail, name: &str) -> String {
    let (head, _) = mail.data.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    let prefix = format!("{name}: ");
    let value = head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap();
    let words = value.split(' ').map(|word| {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        encoded.map_or(word.to_owned(), |word| String::from_utf8(STANDARD.decode(word).unwrap()).unwrap())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The body as its reader sees it.
fn body(mail: &Mail) -> String {
    let (_, body) = mail.data.split_once("\r\n\r\n").unwrap();
    let decoded = match header(mail, "Content-Transfer-Encoding").as_str() {
        "7bit" => body.as_bytes().to_vec(),
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => quoted_printable(body),
        other => panic!("{other}"),
    };
    String::from_utf8(decoded).unwrap().replace("\r\n", "\n")
}

fn quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\r\n", "");
    let mut bytes = joined.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
            decoded.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    decoded
}

#[test]
fn a_mail_arrives_once_and_exactly_as_the_update_says() {
    let server = SmtpServer::start();
    let hub = hub(&server);
    let long = "a line that is longer than mail likes ".repeat(40);
    let plain = "Paying fails.\n\n.\n..\n. a dot begins this line\nWe are on it.";
    let colourful =
        format!("Zahlen geht nicht — wir sind dran.\n.\n{long}\n  indented, with spaces at its end  ");
    let long_subject = "Störung: das Bezahlen im Laden geht seit einer Weile nicht mehr — wir melden uns";
    let updates = [("C-1", "[investigating] SEV1: Checkout fails", plain), ("C-2", long_subject, &colourful)];
    for (comms, subject, text) in updates {
        hub.send(subject, text);
        hub.wait_for(comms, "mail", "delivered");
        let mail = server.mails().pop().unwrap();
        assert_eq!(mail.from, "status@shop.example");
        assert_eq!(mail.to, ["ana@a.example", "bo@b.example"]);
        assert!(!mail.data.contains("ana@") && !mail.data.contains("bo@"), "{}", mail.data);
        // Encoded words are joined without the spaces between them.
        assert_eq!(header(&mail, "Subject").replace(' ', ""), subject.replace(' ', ""));
        assert_eq!(body(&mail).trim_end_matches('\n'), text);
        let id = header(&mail, "Message-ID");
        assert!(id.ends_with(&format!("_INC-1_{comms}_mail_0@shop.example>")), "{id}");
    }
    assert_eq!(server.mails().len(), 2);
    assert_eq!(
        hub.history("mail"),
        ["published", "attempted", "delivered", "published", "attempted", "delivered"]
    );
}

#[test]
fn each_reason_to_wait_is_told_once_and_the_mail_goes_when_the_server_comes() {
    let address = SmtpServer::start().address();
    let hub = Hub::start(&[("mail", destination(address))]);
    hub.send("Checkout", "We are on it.");
    let deferred = || hub.history("mail").contains(&"deferred".to_owned());
    eventually("a reason to wait", SOON, || deferred().then_some(()));
    let greets_nobody = TcpListener::bind(address).unwrap();
    for _ in 0..2 {
        drop(greets_nobody.accept().unwrap());
    }
    drop(greets_nobody);
    let server = SmtpServer::start_on(address);
    hub.wait_for("C-1", "mail", "delivered");
    assert_eq!(hub.history("mail"), ["published", "deferred", "deferred", "attempted", "delivered"]);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_hub_that_is_killed_between_publishing_and_handing_over_sends_once() {
    let address = SmtpServer::start().address();
    let mut hub = Hub::start(&[("mail", destination(address))]);
    hub.send("Checkout", "We are on it.");
    hub.kill();
    let server = SmtpServer::start_on(address);
    hub.start_again(Duration::ZERO);
    hub.wait_for("C-1", "mail", "delivered");
    hub.start_again(Duration::ZERO);
    hub.send("Checkout", "It is over.");
    hub.wait_for("C-2", "mail", "delivered");
    let bodies: Vec<String> = server.mails().iter().map(body).collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies[0].starts_with("We are on it.") && bodies[1].starts_with("It is over."), "{bodies:?}");
}

#[test]
fn a_hub_that_is_killed_while_handing_over_asks_a_person_before_it_sends_again() {
    let server = SmtpServer::start();
    server.after_data(AfterData::Stall);
    let mut hub = hub(&server);
    hub.send("Checkout", "We are on it.");
    server.wait_until_stalled(SOON);
    hub.kill();
    server.after_data(AfterData::TakeAndDrop);
    hub.start_again(Duration::ZERO);
    let detail = hub.wait_for("C-1", "mail", "uncertain");
    assert_eq!(detail, "the hub stopped while it was being handed over");

    // Another one goes, and so the first would have.
    server.after_data(AfterData::Take);
    hub.send("Checkout", "Still on it.");
    hub.wait_for("C-2", "mail", "delivered");
    assert_eq!(server.mails().len(), 1, "{:?}", server.mails());

    hub.settle("C-1", "mail", "send_again");
    hub.wait_for("C-1", "mail", "delivered");
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    let id = header(&mails[1], "Message-ID");
    assert!(id.ends_with("_INC-1_C-1_mail_1@shop.example>"), "{id}");
    assert_eq!(
        hub.history("mail"),
        [
            "published",
            "attempted",
            "uncertain",
            "published",
            "attempted",
            "delivered",
            "settled",
            "attempted",
            "delivered"
        ]
    );
}

#[test]
fn a_mail_whose_answer_is_lost_is_uncertain_until_a_person_says_that_it_arrived() {
    let server = SmtpServer::start();
    server.after_data(AfterData::TakeAndDrop);
    let hub = hub(&server);
    hub.send("Checkout", "We are on it.");
    hub.wait_for("C-1", "mail", "uncertain");
    hub.settle("C-1", "mail", "arrived");
    hub.wait_for("C-1", "mail", "delivered");
    assert_eq!(hub.history("mail"), ["published", "attempted", "uncertain", "settled"]);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_no_for_good_is_failed_and_a_no_for_now_is_tried_again() {
    let server = SmtpServer::start();
    let hub = hub(&server);
    server.after_data(AfterData::Refuse(550));
    hub.send("Checkout", "We are on it.");
    let detail = hub.wait_for("C-1", "mail", "failed");
    assert!(detail.as_str().unwrap().contains("refused, as the test asked"), "{detail}");
    assert_eq!(hub.history("mail"), ["published", "attempted", "failed"]);

    server.after_data(AfterData::Refuse(451));
    hub.send("Checkout", "Still on it.");
    eventually("deferred", SOON, || hub.history("mail").contains(&"deferred".to_owned()).then_some(()));
    server.after_data(AfterData::Take);
    hub.wait_for("C-2", "mail", "delivered");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_mail_that_could_not_go_for_half_an_hour_is_held_back_and_goes_when_a_person_says_so() {
    let address = SmtpServer::start().address();
    let mut hub = Hub::start(&[("mail", destination(address))]);
    hub.send("Checkout", "We are on it.");
    hub.kill();
    let server = SmtpServer::start_on(address);
    hub.start_again(Duration::from_secs(31 * 60));
    let detail = hub.wait_for("C-1", "mail", "failed");
    assert!(detail.as_str().unwrap().starts_with("held back"), "{detail}");
    assert!(server.mails().is_empty());
    hub.settle("C-1", "mail", "send_again");
    hub.wait_for("C-1", "mail", "delivered");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_mail_server_that_hangs_does_not_delay_a_webhook() {
    let (server, receiver) = (SmtpServer::start(), Receiver::start([]));
    server.after_data(AfterData::Stall);
    let hub = Hub::start(&[("mail", destination(server.address())), ("hook", receiver.destination())]);
    hub.send("Checkout", "We are on it.");
    server.wait_until_stalled(SOON);
    hub.send("Checkout", "Still on it.");
    hub.wait_for("C-2", "hook", "delivered");
    assert_eq!(hub.delivery("C-1", "mail")["state"], "sending");
    assert_eq!(hub.delivery("C-2", "mail")["state"], "pending");
    server.after_data(AfterData::Take);
    hub.wait_for("C-2", "mail", "delivered");
    let bodies: Vec<String> = server.mails().iter().map(body).collect();
    assert!(bodies[0].starts_with("We are") && bodies[1].starts_with("Still"), "{bodies:?}");
}
