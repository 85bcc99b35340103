//! `warroom doctor`: what warroom sees of this machine, this terminal and the hub, and what to do about it.

use serde::Serialize;

use super::door::Surroundings;
use super::output::Output;
use super::session::Exit;
use crate::link::api::Client;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    /// Only terminals have such findings.
    #[cfg(feature = "tui")]
    Look,
    Bad,
}

#[derive(Debug, Serialize)]
struct Finding {
    verdict: Verdict,
    about: &'static str,
    words: String,
}

/// # Errors
///
/// Exit code 1 when something is bad.
pub async fn doctor(here: &Surroundings, output: Output) -> Result<(), Exit> {
    let mut findings = vec![finding(Verdict::Ok, "warroom", env!("CARGO_PKG_VERSION").to_owned())];
    findings.extend(terminal(here));
    let settings =
        here.file.as_ref().map_or_else(|| "none, all defaults".to_owned(), |file| file.display().to_string());
    findings.push(finding(Verdict::Ok, "settings", settings));
    findings.push(finding(Verdict::Ok, "state", here.folders.state.display().to_string()));
    findings.push(hub(here).await);
    match output {
        Output::Programs => output.json(&findings)?,
        Output::People => {
            for Finding { verdict, about, words } in &findings {
                let mark = match verdict {
                    Verdict::Ok => "ok  ",
                    #[cfg(feature = "tui")]
                    Verdict::Look => "look",
                    Verdict::Bad => "bad ",
                };
                output.line(&format!("{mark}  {about:<10} {words}"))?;
            }
        }
    }
    let bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    if bad { Err(Exit::no(String::new())) } else { Ok(()) }
}

fn finding(verdict: Verdict, about: &'static str, words: String) -> Finding {
    Finding { verdict, about, words }
}

#[cfg(feature = "tui")]
fn terminal(here: &Surroundings) -> Vec<Finding> {
    let seen = crate::tui::term::caps::detect(&here.env, None);
    let get = |name: &str| here.env.get(name).map_or("not set", String::as_str);
    let mut findings = vec![finding(
        if seen.dumb { Verdict::Bad } else { Verdict::Ok },
        "terminal",
        format!("TERM={} COLORTERM={}: {}", get("TERM"), get("COLORTERM"), seen.color.name()),
    )];
    if seen.unicode {
        findings.push(finding(Verdict::Ok, "locale", "UTF-8".to_owned()));
    } else {
        let words = "not UTF-8, so lines and bars are ASCII; set LANG=C.UTF-8 for the others".to_owned();
        findings.push(finding(Verdict::Look, "locale", words));
    }
    if seen.remote {
        let words = "over ssh: at most 4 frames a second of data; --low-bandwidth makes it 2".to_owned();
        findings.push(finding(Verdict::Ok, "link", words));
    }
    findings
}

#[cfg(not(feature = "tui"))]
fn terminal(_: &Surroundings) -> Vec<Finding> {
    Vec::new()
}

async fn hub(here: &Surroundings) -> Finding {
    let door = match here.door() {
        Ok(door) => door,
        Err(exit) => return finding(Verdict::Bad, "hub", exit.sentence),
    };
    let name = door.hub.to_string();
    let asked = match Client::new(door.hub, &door.token) {
        Ok(client) => client.ready().await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => finding(Verdict::Ok, "hub", format!("{name} is there and ready")),
        Err(error) => finding(Verdict::Bad, "hub", format!("{name}: {error}")),
    }
}
