//! An update goes out by mail, from the keyboard, once.

use std::time::Duration;

use crate::hub::{Hub, PATIENCE};
use crate::support::servers::free_address;
use crate::support::smtp::SmtpServer;
use crate::support::terminal::{Terminal, keys};

fn settings(server: std::net::SocketAddr) -> String {
    format!(
        "[hub.audiences.customers]\nlabel = \"Customers\"\ndestinations = [\"list\"]\n\
         [hub.destinations.list]\nkind = \"mail\"\nserver = \"{}\"\nport = {}\nsecurity = \"none\"\n\
         from = \"Shop status <status@shop.example>\"\nto = [\"one@shop.example\", \"two@shop.example\"]\n",
        server.ip(),
        server.port()
    )
}

/// Writes and sends an update, as a person does: the preview first, and a yes that was moved to.
fn send_update(terminal: &Terminal) {
    terminal.send_keys("c");
    terminal.wait_for_text("What is happening", PATIENCE);
    terminal.send_keys("\x13");
    terminal.wait_for_text("Customers", PATIENCE);
    terminal.wait_for_text("Cancel", PATIENCE);
    terminal.send_keys(keys::RIGHT);
    terminal.send_keys(keys::ENTER);
}

#[test]
fn a_mail_arrives_once_although_the_hub_was_killed_between_publishing_and_delivery() {
    // Nobody listens there yet, so that the hub is surely killed before the delivery.
    let address = free_address();
    let mut hub = Hub::start(&settings(address));
    hub.json(&["incident", "declare", "Payments fail", "--severity", "sev1"]);
    let terminal = hub.terminal("ana", 100, 40);
    terminal.wait_for_text("Payments fail", PATIENCE);
    send_update(&terminal);
    terminal.wait_for_text("published", PATIENCE);
    hub.kill();
    let server = SmtpServer::start_on(address);
    hub.start_again();
    let mails = server.wait_for_mails(1, Duration::from_secs(60));
    terminal.wait_for_text("delivered", PATIENCE);
    assert_eq!(mails.len(), 1);
    let text = format!("{mails:?}");
    assert!(text.contains("[triggered] SEV1: Payments fail"), "{text}");
    assert!(text.contains("one@shop.example") && text.contains("two@shop.example"), "{text}");
    // The hub has nothing more to send: a further restart sends nothing either.
    hub.kill();
    hub.start_again();
    terminal.wait_for_text("LIVE", PATIENCE);
    hub.json(&["note", "INC-1", "after the restart"]);
    terminal.wait_for_text("after the restart", PATIENCE);
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn nothing_goes_out_when_the_answer_to_the_preview_is_the_default() {
    let server = SmtpServer::start();
    let hub = Hub::start(&settings(server.address()));
    hub.json(&["incident", "declare", "Payments fail"]);
    let terminal = hub.terminal("ana", 80, 24);
    terminal.wait_for_text("Payments fail", PATIENCE);
    terminal.send_keys("c");
    terminal.wait_for_text("What is happening", PATIENCE);
    terminal.send_keys("\x13");
    terminal.wait_for_text("Cancel", PATIENCE);
    terminal.send_keys(keys::ENTER);
    terminal.send_keys(keys::ESCAPE);
    hub.json(&["note", "INC-1", "thought better of it"]);
    terminal.wait_for_text("thought better of it", PATIENCE);
    assert!(hub.json(&["comms", "list", "INC-1"]).as_array().unwrap().is_empty());
    assert!(server.mails().is_empty());
}
