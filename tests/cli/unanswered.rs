//! A command that got no answer: it happens once, however often it is sent, and a person who cannot know is told so.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::hub::{Hub, PATIENCE, PROGRAM};
use crate::support::eventually;
use crate::support::listener::Listener;
use crate::support::terminal::Terminal;
use crate::updates::{UPDATE, with_an_audience};

/// What happens on the way to the hub to the answers of requests that change something. The requests arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    Pass,
    /// The next one is lost with its connection.
    LoseOne,
    /// None arrives, and the connections stay.
    Swallow,
}

/// Stands between a command and its hub.
struct Between {
    listener: Listener,
    answers: Arc<Mutex<Answers>>,
    swallowed: Arc<AtomicBool>,
}

impl Between {
    fn start(hub: SocketAddr, answers: Answers) -> Self {
        let (answers, swallowed) = (Arc::new(Mutex::new(answers)), Arc::new(AtomicBool::new(false)));
        let listener = Listener::start(([127, 0, 0, 1], 0).into(), {
            let (answers, swallowed) = (Arc::clone(&answers), Arc::clone(&swallowed));
            move |near| carry(near, hub, &answers, &swallowed)
        });
        Between { listener, answers, swallowed }
    }

    fn set(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    /// `warroom …` at the hub, by this way.
    fn spawn(&self, hub: &Hub, args: &[&str]) -> Child {
        let mut command = hub.command(args);
        command.env("WARROOM_HUB", format!("http://{}", self.listener.address()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Its output, its words and its exit code.
    fn run(&self, hub: &Hub, args: &[&str]) -> (String, String, i32) {
        ended(self.spawn(hub, args))
    }
}

fn ended(process: Child) -> (String, String, i32) {
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn carry(mut near: TcpStream, hub: SocketAddr, answers: &Mutex<Answers>, swallowed: &AtomicBool) {
    let Ok(mut far) = TcpStream::connect(hub) else { return };
    let changes = Arc::new(AtomicBool::new(false));
    let (mut requests, mut onwards) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let forth = std::thread::spawn({
        let changes = Arc::clone(&changes);
        move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(read @ 1..) = requests.read(&mut buffer) {
                if buffer.starts_with(b"POST ") {
                    changes.store(true, Ordering::SeqCst);
                }
                if onwards.write_all(&buffer[..read]).is_err() {
                    break;
                }
            }
            let _ = onwards.shutdown(Shutdown::Both);
        }
    });
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = far.read(&mut buffer) {
        let mut answers = answers.lock().unwrap();
        match *answers {
            Answers::LoseOne if changes.load(Ordering::SeqCst) => {
                *answers = Answers::Pass;
                break;
            }
            Answers::Swallow if changes.load(Ordering::SeqCst) => {
                swallowed.store(true, Ordering::SeqCst);
                continue;
            }
            Answers::Pass | Answers::LoseOne | Answers::Swallow => {}
        }
        drop(answers);
        if near.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = near.shutdown(Shutdown::Both);
    let _ = far.shutdown(Shutdown::Both);
    forth.join().unwrap();
}

fn updates(hub: &Hub) -> usize {
    hub.json(&["comms", "list", "INC-1"]).as_array().unwrap().len()
}

#[test]
fn an_update_whose_answer_was_lost_is_published_once() {
    let (hub, _folder) = with_an_audience();
    let between = Between::start(hub.address, Answers::LoseOne);
    let send = [&["comms", "send", "INC-1", "--yes"][..], &UPDATE].concat();
    let (out, words, code) = between.run(&hub, &send);
    assert_eq!((out.as_str(), code), ("INC-1 C-1 published\n", 0), "{words}");
    assert!(words.contains("asking again under the same id"), "{words}");
    assert_eq!(updates(&hub), 1);
}

#[test]
fn whoever_gives_up_is_told_that_it_is_not_known_and_the_same_line_with_its_id_happens_once() {
    let (hub, _folder) = with_an_audience();
    let between = Between::start(hub.address, Answers::Swallow);
    let send = [&["comms", "send", "INC-1", "--yes"][..], &UPDATE].concat();
    let waiting = between.spawn(&hub, &send);
    eventually("the answer is swallowed", PATIENCE, || {
        between.swallowed.load(Ordering::SeqCst).then_some(())
    });
    let told = std::process::Command::new("kill").args(["-INT", &waiting.id().to_string()]).status();
    assert!(told.unwrap().success());
    let (_, words, code) = ended(waiting);
    assert_eq!(code, 4, "{words}");
    let id = words.split("--id ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
    let sentence = format!(
        "warroom: it is not known whether the hub took this (id {id}). Run the same line again with --id {id}: it happens \
         once.\n"
    );
    assert!(words.ends_with(&sentence), "{words}");
    assert_eq!(updates(&hub), 1, "this time the hub took it");

    between.set(Answers::Pass);
    let (_, words, code) = between.run(&hub, &["note", "INC-1", "something else", "--id", id]);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("another line: warroom comms send INC-1"), "{words}");
    // Everything may have changed since; it is still the same command.
    hub.json(&["incident", "severity", "INC-1", "sev1"]);
    let (out, words, code) = between.run(&hub, &[&send[..], &["--id", id]].concat());
    assert_eq!((out.as_str(), code), ("INC-1 C-1 published\n", 0), "{words}");
    assert_eq!(updates(&hub), 1);
}

#[test]
fn a_script_that_names_its_own_id_may_run_twice() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Once", "--id", "deploy-42"]);
    hub.json(&["incident", "declare", "Once", "--id", "deploy-42"]);
    assert_eq!(hub.json(&["incident", "list"]).as_array().unwrap().len(), 1);
    let (_, code) = hub.run(&["incident", "declare", "Another", "--id", "deploy-42"]);
    assert_eq!(code, 3, "one id, one command");
    assert_eq!(hub.run(&["incident", "declare", "Another", "--id", "no id"]).1, 2);
}

#[test]
fn where_nothing_was_sent_nobody_talks_of_ids() {
    let hub = Hub::start("");
    let gone = ["incident", "declare", "Nobody hears", "--hub", "http://127.0.0.1:9"];
    let output = hub.command(&gone).stdin(Stdio::null()).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(words.contains("cannot be reached") && !words.contains("--id"), "{words}");
}

#[test]
fn a_yes_to_what_was_shown_is_no_yes_to_what_was_published_meanwhile() {
    let (hub, _folder) = with_an_audience();
    let env = hub.env("keyboard");
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let send = [&["comms", "send", "INC-1"][..], &UPDATE].concat();
    let at_the_keyboard = Terminal::spawn(PROGRAM, &send, &env, 120, 40);
    at_the_keyboard.wait_for_text("Type yes:", PATIENCE);
    hub.json(&[&send[..], &["--yes"]].concat());
    at_the_keyboard.send_keys("yes\r");
    assert_eq!(at_the_keyboard.wait_for_exit(PATIENCE).exit_code(), 3);
    assert_eq!(updates(&hub), 1, "only the other one");
}
