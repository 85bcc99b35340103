//! A hub that is silent and cannot say so itself: whoever looks from outside has to find out.

use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::hub::{Hub, Setup};
use crate::support::eventually;
use crate::support::http::get;
use crate::watcher::Watcher;

/// Whoever is woken by a check has to know by then.
const NOTICED: Duration = Duration::from_secs(30);

#[test]
fn a_hub_that_stands_still_is_told_by_every_check_from_outside_and_in_the_room() {
    let hub = Hub::start(Setup::default());
    let watcher = Watcher::of(&hub);
    let room = watcher.terminal((100, 30), &[], &[]);
    room.wait_for_text("LIVE", PATIENCE);
    let well = eventually("the hub answers within a second", PATIENCE, || {
        Some(watcher.run(&["status"])).filter(|ran| ran.code == Some(0))
    });
    assert_eq!(well.out, "all quiet\n");
    hub.freeze();
    let frozen = Instant::now();
    let line = watcher.run(&["status"]);
    assert_eq!((line.code, line.out.as_str()), (Some(4), "no hub\n"), "{line:?}");
    let json = watcher.run(&["--json", "status"]);
    assert_eq!(json.code, Some(4), "{json:?}");
    assert!(json.out.contains(r#""hub":null"#) && json.out.contains("no answer within a second"), "{json:?}");
    // The kernel still takes connections; only an answer is a sign of life.
    let ready = get(hub.address, "/readyz");
    assert!(ready.is_err(), "{ready:?}");
    assert!(frozen.elapsed() < NOTICED, "noticed after {:?}", frozen.elapsed());
    room.wait_for_text("OFFLINE", PATIENCE);
    room.send_keys("?");
    room.wait_for_text("Keys", PATIENCE);
    room.send_keys("?");
    hub.signal("CONT");
    room.wait_for_text("LIVE", PATIENCE);
    eventually("the check is content again", PATIENCE, || {
        (watcher.run(&["status"]).code == Some(0) && hub.is_ready()).then_some(())
    });
}
