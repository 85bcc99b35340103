//! A laptop that sleeps for hours in the middle of an incident.

use serde_json::json;

use crate::PATIENCE;
use crate::clock::{faked, jump};
use crate::evidence::read_journal;
use crate::hub::Setup;
use crate::room_visitor::{Visitor, write_update};
use crate::scene::Scene;
use crate::support::require_or_skip;
use crate::support::servers::Program;
use crate::support::terminal::keys;

#[test]
fn a_terminal_that_slept_eight_hours_goes_on_where_it_was_and_asks_before_an_old_update_goes_out() {
    require_or_skip!(Program::Faketime);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("time");
    jump(&file, "+0");
    let env = faked(&file);
    let mut scene = Scene::open(Setup { env: env.clone(), ..Setup::default() });
    let body = json!({ "title": "id-room-incident", "severity": "SEV2" });
    scene.runtime.block_on(scene.driver.command("id-room-incident", "/incidents", &body));
    let visitor = Visitor::of(&scene.hub).with_env(&env);
    let terminal = visitor.open();
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text("id-room-incident", PATIENCE);
    // The yes is given, the network has just gone, and the lid is closed.
    write_update(&terminal);
    scene.hub.kill();
    terminal.send_keys(keys::ENTER);
    visitor.wait_until_kept("send-update");
    terminal.signal("STOP");
    jump(&file, "+8h");
    scene.hub.start_again();
    scene.load();
    scene.accepts(40);
    let body = json!({ "text": "id-room-note while the lid was closed" });
    scene.runtime.block_on(scene.driver.command("id-room-note", "/incidents/INC-1/notes", &body));
    terminal.signal("CONT");
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text("while the lid was closed", PATIENCE);
    terminal.wait_for_text("needs a new yes", PATIENCE);
    scene.check();
    let is_of_the_room = |json: &str| json.contains("comms.") && json.contains("id-room-incident");
    assert!(!read_journal(&scene.hub).iter().any(|(_, json)| is_of_the_room(json)), "it went out unasked");
    terminal.send_keys("U");
    terminal.wait_for_text("sent: the update", PATIENCE);
}
