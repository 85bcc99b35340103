//! `warroom doctor`: what warroom sees of this machine, this terminal and the hub, and what to do about it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::args::Global;
use super::config::Folders;
use super::environment::{Environment, Process};
use super::exit::Exit;
use super::output::Output;
use super::way::{Way, named};
use crate::domain::time::Timestamp;
use crate::link::place::Place;
use crate::link::{Config, Link, LinkEvent, LinkStatus, Welcome};

/// How long the hub may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warn,
    Bad,
}

/// A line: how it is, what it is about, and what to do.
#[derive(Debug, Serialize)]
struct Finding {
    verdict: Verdict,
    about: &'static str,
    words: String,
}

/// # Errors
///
/// The answer is no when something is bad.
pub async fn doctor(global: &Global, process: &Process, output: Output) -> Result<(), Exit> {
    let env = &process.env;
    let mut findings = vec![ok("warroom", env!("CARGO_PKG_VERSION").to_owned())];
    findings.extend(terminal(env));
    match Folders::from_env(env) {
        Ok(folders) => {
            findings.push(folder("config", &folders.config));
            findings.push(folder("state", &folders.state));
            #[cfg(feature = "tui")]
            findings.push(log(&folders));
        }
        Err(words) => findings.push(bad("folders", words)),
    }
    match Environment::new(global, process) {
        Ok(here) => {
            findings.push(settings(&here));
            #[cfg(feature = "hub")]
            findings.push(journal(&here));
            findings.extend(hub(&here).await);
        }
        Err(exit) => findings.push(bad("settings", exit.sentence)),
    }
    match output {
        Output::Programs => output.json(&findings)?,
        Output::People => findings.iter().try_for_each(|Finding { verdict, about, words }| {
            let mark = match verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Bad => "bad ",
            };
            output.line(&format!("{mark}  {about:<9} {words}"))
        })?,
    }
    let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    if is_bad { Err(Exit::no(String::new())) } else { Ok(()) }
}

fn ok(about: &'static str, words: String) -> Finding {
    Finding { verdict: Verdict::Ok, about, words }
}

fn warn(about: &'static str, words: String) -> Finding {
    Finding { verdict: Verdict::Warn, about, words }
}

fn bad(about: &'static str, words: String) -> Finding {
    Finding { verdict: Verdict::Bad, about, words }
}

fn terminal(env: &BTreeMap<String, String>) -> Vec<Finding> {
    let get = |name: &str| env.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut findings = Vec::new();
    #[cfg(feature = "tui")]
    {
        let seen = crate::tui::term::caps::detect(env, None);
        let said = ["TERM", "COLORTERM", "NO_COLOR"]
            .into_iter()
            .filter_map(|name| Some(format!("{name}={}", get(name)?)));
        let said = said.collect::<Vec<_>>().join(" ");
        findings.push(if seen.dumb {
            warn("terminal", format!("cannot be drawn on ({said}), so `warroom` shows the room line by line"))
        } else {
            ok("terminal", format!("{}, as told by {said}; `--color` says otherwise", seen.color.name()))
        });
        findings.push(if seen.unicode {
            ok("locale", "UTF-8".to_owned())
        } else {
            warn(
                "locale",
                "not UTF-8, so lines and bars are ASCII; set LANG=C.UTF-8 for the others".to_owned(),
            )
        });
    }
    if get("TMUX").is_some() || get("STY").is_some() {
        findings.push(ok(
            "tmux",
            "inside a multiplexer; for true colour it needs `set -as terminal-features ',*:RGB'`".to_owned(),
        ));
    }
    if get("SSH_CONNECTION").is_some() || get("SSH_TTY").is_some() {
        findings.push(ok(
            "ssh",
            "frames come a little less often; `--low-bandwidth` makes them fewer".to_owned(),
        ));
    }
    findings
}

/// What is there, and whether others could look into it.
fn folder(about: &'static str, path: &Path) -> Finding {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return ok(about, format!("{shown}, not there yet"));
        }
        Err(error) => return bad(about, format!("{shown}: {error}")),
    };
    if !metadata.is_dir() {
        return bad(about, format!("{shown} is no folder; move it away"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = metadata.mode() & 0o777;
        if mode & 0o022 != 0 {
            return bad(
                about,
                format!("{shown}: others can write there (mode {mode:03o}); run `chmod go-w {shown}`"),
            );
        }
    }
    ok(about, shown.to_string())
}

/// Where the room and the hub in its process write what they would not write across the screen.
#[cfg(feature = "tui")]
fn log(folders: &Folders) -> Finding {
    let path = super::logging::Kept::path(&folders.state);
    match std::fs::metadata(&path) {
        Ok(metadata) => ok("log", format!("{} ({} KiB)", path.display(), metadata.len().div_ceil(1024))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            ok("log", format!("{}, not there yet", path.display()))
        }
        Err(error) => warn("log", format!("{}: {error}", path.display())),
    }
}

fn settings(here: &Environment) -> Finding {
    let from =
        here.file.as_ref().map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
    ok("settings", format!("{from}; `warroom check` looks closer"))
}

#[cfg(feature = "hub")]
fn journal(here: &Environment) -> Finding {
    use crate::journal::Location;
    match here.journal() {
        Err(exit) => bad("journal", exit.sentence),
        Ok(Location::Memory) => warn("journal", "in memory: it ends with the hub".to_owned()),
        Ok(Location::Sqlite(path)) => match std::fs::metadata(&path) {
            Ok(metadata) => {
                let size = metadata.len().div_ceil(1024);
                ok("journal", format!("{} ({size} KiB); `warroom verify` checks its chain", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                ok("journal", format!("{}, not there yet: no hub has run on this machine", path.display()))
            }
            Err(error) => bad("journal", format!("{}: {error}", path.display())),
        },
    }
}

async fn hub(here: &Environment) -> Vec<Finding> {
    let way = match Way::find(here) {
        Ok(way) => way,
        // Whoever has no hub yet is not ill.
        Err(exit) if named(here).is_none() => return vec![warn("hub", exit.sentence)],
        Err(exit) => return vec![bad("hub", exit.sentence)],
    };
    let place = Place::default();
    let name = way.hub.to_string();
    let config = Config { hub: way.hub, token: way.token, outbox: None, place };
    let (link, mut events) = match Link::spawn(config, here.surroundings.clone()) {
        Ok(spawned) => spawned,
        Err(error) => return vec![bad("hub", error.to_string())],
    };
    let greeting = async {
        while let Some(event) = events.recv().await {
            match event {
                LinkEvent::Hello(welcome) => return Ok(welcome),
                LinkEvent::Status(LinkStatus::Offline { why, .. }) => return Err(why.to_string()),
                LinkEvent::Status(LinkStatus::Refused { reason, .. }) => return Err(reason.to_string()),
                LinkEvent::Status(
                    LinkStatus::Connecting
                    | LinkStatus::Live { .. }
                    | LinkStatus::Late { .. }
                    | LinkStatus::Alarm { .. },
                )
                | LinkEvent::Clock(_)
                | LinkEvent::Policy(_)
                | LinkEvent::Snapshot { .. }
                | LinkEvent::Entries(_)
                | LinkEvent::Gauges(_)
                | LinkEvent::GaugesMoved(_)
                | LinkEvent::Presence(_)
                | LinkEvent::Health(_)
                | LinkEvent::Outbox(_)
                | LinkEvent::NotKept(_)
                | LinkEvent::Kept
                | LinkEvent::Timeline { .. } => {}
            }
        }
        Err(format!("{name} said nothing"))
    };
    let silent = || Err(format!("{name} has not greeted within {} s", PATIENCE.as_secs()));
    let greeted = tokio::time::timeout(PATIENCE, greeting).await.unwrap_or_else(|_| silent());
    link.shutdown().await;
    match greeted {
        Ok(welcome) => met(&name, &welcome, here.surroundings.now()),
        Err(why) => vec![bad("hub", why)],
    }
}

fn met(name: &str, welcome: &Welcome, now: Timestamp) -> Vec<Finding> {
    let Welcome { you, hub, head, demo, offset } = welcome;
    let demo = if *demo { ", a demo" } else { "" };
    let there = format!("{name} is there ({hub}{demo}), its journal at entry {}", head.seq);
    let clock = match offset.warning() {
        Some(words) => warn("clock", format!("{words}; look at this machine's time synchronisation")),
        None => ok("clock", format!("{} ms from the hub's, at {now}", offset.0)),
    };
    vec![ok("hub", there), ok("token", format!("it takes you for @{}, {}", you.handle, you.role)), clock]
}
