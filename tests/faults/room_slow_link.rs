//! A link that is slow, uneven and torn now and then: a satellite, a train, a hotel.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::PATIENCE;
use crate::feeds::Feed;
use crate::hub::Setup;
use crate::room_visitor::{Visitor, write_note};
use crate::scene::Scene;
use crate::support::eventually;
use crate::support::terminal::keys;

/// Carries bytes to and from a hub, each piece 100 to 500 ms late, in order; or holds them all.
#[derive(Clone)]
struct Link(Arc<State>);

struct State {
    address: SocketAddr,
    hub: SocketAddr,
    held: Mutex<bool>,
    released: Condvar,
    open: Mutex<Vec<TcpStream>>,
}

impl Link {
    fn to(hub: SocketAddr) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (held, open) = (Mutex::new(false), Mutex::new(Vec::new()));
        let link = Link(Arc::new(State { address, hub, held, released: Condvar::new(), open }));
        let ours = link.clone();
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(ours.0.hub) {
                    ours.0
                        .open
                        .lock()
                        .unwrap()
                        .extend([client.try_clone(), server.try_clone()].map(Result::unwrap));
                    ours.carry(client.try_clone().unwrap(), server.try_clone().unwrap());
                    ours.carry(server, client);
                }
            }
        });
        link
    }

    fn carry(&self, mut from: TcpStream, to: TcpStream) {
        let pieces = self.deliver(to);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let late = Duration::from_millis(rand::random_range(100..500));
                if pieces.send((Instant::now() + late, buffer[..length].to_vec())).is_err() {
                    break;
                }
            }
        });
    }

    fn deliver(&self, mut to: TcpStream) -> Sender<(Instant, Vec<u8>)> {
        let (sender, pieces) = channel::<(Instant, Vec<u8>)>();
        let link = self.clone();
        thread::spawn(move || {
            for (due, piece) in pieces {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                drop(link.0.released.wait_while(link.0.held.lock().unwrap(), |held| *held).unwrap());
                if to.write_all(&piece).is_err() {
                    break;
                }
            }
            to.shutdown(Shutdown::Both).ok();
        });
        sender
    }

    /// Every connection is torn, with what was under way.
    fn tear(&self) {
        for stream in self.0.open.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    /// Nothing comes through, in no direction.
    fn hold(&self) {
        *self.0.held.lock().unwrap() = true;
    }

    fn release(&self) {
        *self.0.held.lock().unwrap() = false;
        self.0.released.notify_all();
    }
}

#[test]
fn on_a_slow_link_that_tears_the_keys_do_not_wait_for_it_and_the_room_stays_in_order() {
    let mut scene = Scene::open(Setup::default());
    let body = json!({ "title": "id-room-incident", "severity": "SEV0" });
    scene.runtime.block_on(scene.driver.command("id-room-incident", "/incidents", &body));
    let link = Link::to(scene.hub.address);
    let far = Feed::default();
    scene.runtime.spawn(far.clone().follow(link.0.address, scene.driver.token.clone()));
    scene.feeds.push(far);
    let visitor = Visitor::at(&format!("http://{}", link.0.address), &scene.hub);
    let terminal = visitor.open();
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text("id-room-incident", PATIENCE);
    scene.load();
    for number in 0..3 {
        scene.accepts(20);
        // While nothing at all comes through, every letter is on the screen.
        link.hold();
        terminal.send_keys("n");
        terminal.wait_for_text("Note on", PATIENCE);
        let words = format!("id-room-{number} typed over a slow link");
        for at in 1..=words.len() {
            terminal.send_keys(&words[at - 1..at]);
            terminal.wait_for_text(words[..at].trim_end(), PATIENCE);
        }
        terminal.send_keys(keys::ENTER);
        terminal.wait_for(|screen| !screen.contents().contains("Note on"), PATIENCE);
        // What is on its way at that moment is lost, or its answer is.
        link.release();
        link.tear();
        scene.accepts(20);
    }
    let noted = |number: usize| {
        let words = format!("id-room-{number} ");
        crate::evidence::read_journal(&scene.hub).iter().any(|(_, json)| json.contains(&words))
    };
    eventually("what was typed is in the journal", PATIENCE, || (0..3).all(noted).then_some(()));
    (0..3).for_each(|number| scene.ledger.accept(&format!("id-room-{number}"), None));
    scene.check();
    write_note(&terminal, "the last");
    terminal.wait_for_text("the last", PATIENCE);
}
