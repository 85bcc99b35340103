//! `warroom comms`: updates to people outside. What `preview` shows is what `send` sends.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::time::Duration;

use super::args::{Comms, Update};
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::command::Command;
use crate::domain::comms::{self, Audience, Message};
use crate::domain::ids::{CommsId, IncidentId, Revision};
use crate::domain::text::{MAX_LINES, MAX_TEXT_BYTES, Shape, Text, clean};
use crate::domain::time::Timestamp;

pub async fn comms(session: &Session, output: Output, command: Comms) -> Result<(), Exit> {
    match command {
        Comms::Preview(update) => {
            let Shown { message, audience, .. } = compose(session, update).await?;
            output.preview(&message, &audience)
        }
        Comms::Draft(update) => {
            let incident = update.incident;
            let message = compose(session, update).await?.message;
            session.run(output, Command::DraftUpdate { incident, message }, "drafted").await
        }
        Comms::Send { update, yes, drill } => {
            let incident = update.incident;
            let shown = compose(session, update).await?;
            let seen = confirm(output, &shown, Yes { yes, drill })?;
            let command = Command::SendUpdate { incident, message: shown.message };
            session.run_as_seen(output, command, seen, "published").await
        }
        Comms::Approve { incident, comms, yes, drill } => {
            let shown = draft(session, incident, comms).await?;
            let seen = confirm(output, &shown, Yes { yes, drill })?;
            session.run_as_seen(output, Command::PublishUpdate { incident, comms }, seen, "published").await
        }
        Comms::Discard { incident, comms } => {
            session.run(output, Command::DiscardUpdate { incident, comms }, "discarded").await
        }
        Comms::Settle { incident, comms, destination, verdict } => {
            let verdict = verdict.into();
            let command = Command::SettleDelivery { incident, comms, destination, verdict };
            session.run(output, command, "settled").await
        }
        Comms::List { incident } => output.comms(&of(session, incident).await?),
    }
}

async fn of(session: &Session, incident: IncidentId) -> Result<Vec<comms::Comms>, Exit> {
    session.all(async |client, part| client.comms(incident, part).await).await
}

/// What a person sees before they say yes: the exact text, and who would get it.
struct Shown {
    message: Message,
    audience: Audience,
    /// The incident that it was made of.
    revision: Revision,
}

async fn compose(session: &Session, update: Update) -> Result<Shown, Exit> {
    let incident = session.client.incident(update.incident).await?;
    let audience = audience(session, &update.audience).await?;
    let what = match update.what.as_str() {
        "-" => {
            let mut bytes = Vec::new();
            // What does not fit into this is too long in any case.
            let read = std::io::stdin().lock().take(2 * MAX_TEXT_BYTES as u64).read_to_end(&mut bytes);
            read.map_err(|error| Exit::usage(format!("standard input cannot be read: {error}")))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        what => what.to_owned(),
    };
    let written = written(&update, &what, session.now())?;
    let message = written.render(&incident.about(), audience.name.clone());
    Ok(Shown { message, audience, revision: incident.revision })
}

/// The most bytes that headings, times and marks around the words of an update take, and the most lines.
const FRAME: (usize, usize) = (1024, 40);

/// What was given, as it is written at a moment: the next update follows so many minutes from then.
///
/// # Errors
///
/// Wrong use, when it is too long: people outside would get a piece of it.
fn written(update: &Update, what: &str, now: Timestamp) -> Result<comms::Update, Exit> {
    let words = [what, &update.impact, &update.action].map(|words| clean(words, Shape::Output));
    let bytes: usize = words.iter().map(|words| words.len()).sum();
    let lines: usize = words.iter().map(|words| words.matches('\n').count()).sum();
    if bytes > MAX_TEXT_BYTES - FRAME.0 || lines > MAX_LINES - FRAME.1 {
        return Err(Exit::usage(format!(
            "this is longer than an update can be ({} KiB, {} lines), and nothing of it may be cut; shorten it",
            (MAX_TEXT_BYTES - FRAME.0) / 1024,
            MAX_LINES - FRAME.1
        )));
    }
    let next = update.next_in.map(|minutes| Duration::from_secs(minutes * 60));
    Ok(comms::Update {
        what: Text::clean(what),
        impact: Text::clean(&update.impact),
        action: Text::clean(&update.action),
        next_update_at: next.map(|wait| now.plus(wait)),
    })
}

async fn draft(session: &Session, incident: IncidentId, id: CommsId) -> Result<Shown, Exit> {
    // First, so that what changes while we look counts as changed.
    let revision = session.client.incident(incident).await?.revision;
    let all = of(session, incident).await?;
    let found = all.into_iter().find(|comms| comms.id == id);
    let message = found.ok_or_else(|| Exit::refused(format!("{incident} has no update {id}")))?.message;
    let audience = audience(session, &message.audience).await?;
    Ok(Shown { message, audience, revision })
}

async fn audience(session: &Session, name: &crate::domain::role::Slug) -> Result<Audience, Exit> {
    let policy = session.client.policy().await?;
    let known: Vec<String> = policy.audiences.iter().map(|audience| audience.name.to_string()).collect();
    policy.audience(name).cloned().ok_or_else(|| {
        let known =
            if known.is_empty() { "the hub's settings name none".to_owned() } else { known.join(", ") };
        Exit::refused(format!("there is no audience “{name}” ({known})"))
    })
}

/// What was answered before the question.
struct Yes {
    yes: bool,
    /// That it is meant although it is a drill.
    drill: bool,
}

/// Shows what would go out and asks, unless that was answered before; gives the revision that somebody has said yes to.
/// Without somebody to ask, the answer is no. A drill goes to people outside only when it is called one.
fn confirm(output: Output, shown: &Shown, said: Yes) -> Result<Option<Revision>, Exit> {
    let Shown { message, audience, revision } = shown;
    let is_drill = message.is_marked_as_drill();
    match said {
        Yes { yes: true, drill } if drill || !is_drill => return Ok(None),
        Yes { yes: true, .. } => {
            return Err(Exit::usage(
                "this is a drill, and it would really go out; add --drill beside --yes if it is meant"
                    .to_owned(),
            ));
        }
        Yes { yes: false, .. } => {}
    }
    output.preview_to_stderr(message, audience);
    if !std::io::stdin().is_terminal() {
        let flags = if is_drill { "--yes --drill" } else { "--yes" };
        return Err(Exit::usage(format!("nobody is here to say yes; add {flags} if it is meant")));
    }
    let expected = if is_drill { "send drill" } else { "yes" };
    output.ask(&format!("Send it? Type {expected}: "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if answer.trim() == expected => Ok(Some(*revision)),
        _ => Err(Exit::no("nothing was sent".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::comms::About;
    use crate::domain::severity::Severity;
    use crate::domain::status::Status;
    use crate::domain::text::Line;

    fn update(impact: &str) -> Update {
        Update {
            incident: IncidentId(7),
            audience: "customers".parse().unwrap(),
            what: "-".to_owned(),
            impact: impact.to_owned(),
            action: String::new(),
            next_in: Some(30),
        }
    }

    #[test]
    fn the_next_update_follows_from_the_moment_of_writing() {
        let now = "2026-11-23T14:00:00Z".parse().unwrap();
        let written = written(&update(""), "Payments fail.", now).unwrap();
        assert_eq!(written.next_update_at, "2026-11-23T14:30:00Z".parse().ok());
        assert_eq!(&*written.what, "Payments fail.");
    }

    #[test]
    fn the_longest_update_is_sent_whole_and_a_longer_one_not_at_all() {
        let now = Timestamp::MAX;
        let title = Line::clean("t");
        let about = About {
            id: IncidentId(u32::MAX),
            title: &title,
            severity: Severity::Sev1,
            status: Status::Investigating,
            drill: true,
        };
        let (longest, lines) = ("x".repeat(MAX_TEXT_BYTES - FRAME.0 - 10), "x\n".repeat(MAX_LINES - FRAME.1));
        for what in [&longest, &lines] {
            let message =
                written(&update("everybody"), what, now).unwrap().render(&about, "a".parse().unwrap());
            assert!(message.body.trim_end().ends_with(&about.id.to_string()), "its end is there");
            assert!(written(&update("everybody, and\n"), what, now).is_err());
        }
        assert!(
            written(&update(&"\t".repeat(MAX_TEXT_BYTES / 8)), "", now).is_err(),
            "as long as it is shown"
        );
    }
}
