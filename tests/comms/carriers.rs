//! What a carrier makes of a silence, with less patience than it has of itself.

use std::time::Duration;

use uuid::Uuid;
use warroom::connect::mail::Mail;
use warroom::connect::settings::{MailSettings, WebhookSettings};
use warroom::connect::webhook::Webhook;
use warroom::connect::{Carrier, Handover, NotReady, Parcel, Patience};
use warroom::domain::ids::{CommsId, IncidentId, JournalId};
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;

use super::hub::write_secret;
use super::receiver::{Answer, Receiver};
use super::support::smtp::{AfterData, SmtpServer};

const SHORT: Patience = Patience { ready: Duration::from_secs(5), answer: Duration::from_millis(300) };

fn parcel() -> Parcel {
    Parcel {
        incident: IncidentId(1),
        comms: CommsId(1),
        destination: "out".parse().unwrap(),
        round: 0,
        subject: Line::clean("Checkout"),
        body: Text::clean("We are on it."),
        published_at: now(),
        asked_at: now(),
        journal: JournalId(Uuid::nil()),
    }
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn mail(server: &str, port: u16, patience: Patience) -> Carrier {
    let settings = format!(
        "server = '{server}'\nport = {port}\nsecurity = 'none'\nfrom = 'a@a.example'\nto = ['b@b.example']"
    );
    let settings: MailSettings = toml::from_str(&settings).unwrap();
    Carrier::Mail(Mail::new(&settings).unwrap().with_patience(patience))
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_may_have_it() {
    let receiver = Receiver::start([Answer::Silence]);
    let folder = tempfile::tempdir().unwrap();
    let secret_file = folder.path().join("secret");
    write_secret(&secret_file);
    let url = format!("http://{}/hook", receiver.address()).parse().unwrap();
    let webhook = Webhook::new(&WebhookSettings { url, secret_file, allow_private: true }).unwrap();
    // A webhook's patience is one for both: getting ready and answering.
    let short = Patience { ready: Duration::from_millis(700), ..SHORT };
    let carrier = Carrier::Webhook(webhook.with_patience(short));
    let handover = carrier.prepare(&parcel(), now()).await.unwrap().hand_over().await;
    assert!(matches!(handover, Handover::Unknown(_)), "{handover:?}");
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_took_the_text_and_does_not_answer_may_have_it() {
    let server = SmtpServer::start();
    server.after_data(AfterData::Stall);
    let carrier = mail("127.0.0.1", server.address().port(), SHORT);
    let handover = carrier.prepare(&parcel(), now()).await.unwrap().hand_over().await;
    assert!(matches!(handover, Handover::Unknown(_)), "{handover:?}");
}

#[tokio::test]
async fn a_mail_server_that_never_greets_is_tried_again_later() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let short = Patience { ready: Duration::from_millis(300), ..SHORT };
    let carrier = mail("127.0.0.1", silent.local_addr().unwrap().port(), short);
    let refusal = carrier.prepare(&parcel(), now()).await.unwrap_err();
    assert!(matches!(refusal, NotReady::Later { .. }), "{refusal:?}");
}
