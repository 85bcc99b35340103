//! `warroom comms`: updates to people outside. What `preview` shows is what `send` sends.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;
use std::time::Duration;

use super::args::{Comms, Update};
use super::door::{Door, Surroundings};
use super::output::Output;
use super::session::{Exit, Session, all};
use crate::domain::command::Command;
use crate::domain::comms::{self, Audience, Message};
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::policy::Policy;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::link::place::Place;
use crate::link::{Config, Link, LinkEvent, LinkStatus};

pub async fn comms(
    here: &Surroundings,
    session: &Session,
    output: Output,
    command: Comms,
) -> Result<(), Exit> {
    match command {
        Comms::Preview(update) => {
            let (message, audience) = compose(here, session, update).await?;
            output.preview(&message, &audience)
        }
        Comms::Draft(update) => {
            let incident = update.incident;
            let (message, _) = compose(here, session, update).await?;
            session.run(output, &Command::DraftUpdate { incident, message }, "drafted").await
        }
        Comms::Send { update, yes } => {
            let incident = update.incident;
            let (message, audience) = compose(here, session, update).await?;
            confirm(output, &message, &audience, yes)?;
            session.run(output, &Command::SendUpdate { incident, message }, "published").await
        }
        Comms::Approve { incident, comms, yes } => {
            let (message, audience) = draft(here, session, incident, comms).await?;
            confirm(output, &message, &audience, yes)?;
            session.run(output, &Command::PublishUpdate { incident, comms }, "published").await
        }
        Comms::Discard { incident, comms } => {
            session.run(output, &Command::DiscardUpdate { incident, comms }, "discarded").await
        }
        Comms::Settle { incident, comms, destination, verdict } => {
            let verdict = verdict.into();
            let command = Command::SettleDelivery { incident, comms, destination, verdict };
            session.run(output, &command, "settled").await
        }
        Comms::List { incident } => output.comms(&drafts(session, incident).await?),
    }
}

/// The exact text, and who would get it.
async fn compose(
    here: &Surroundings,
    session: &Session,
    update: Update,
) -> Result<(Message, Audience), Exit> {
    let incident = session.client.incident(update.incident).await?;
    let audience = audience(here, &update.audience).await?;
    let what = match update.what.as_str() {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(1 << 20).read_to_string(&mut text);
            read.map_err(|error| Exit::usage(format!("standard input cannot be read: {error}")))?;
            text
        }
        what => what.to_owned(),
    };
    let next = update.next_in.map(|minutes| Duration::from_secs(minutes * 60));
    let update = comms::Update {
        what: Text::clean(&what),
        impact: Text::clean(&update.impact),
        action: Text::clean(&update.action),
        next_update_at: next.map(|wait| Timestamp::from(chrono::Utc::now()).plus(wait)),
    };
    Ok((update.render(&incident.about(), audience.name.clone()), audience))
}

async fn draft(
    here: &Surroundings,
    session: &Session,
    incident: IncidentId,
    id: CommsId,
) -> Result<(Message, Audience), Exit> {
    let all = drafts(session, incident).await?;
    let found = all.into_iter().find(|comms| comms.id == id);
    let message = found.ok_or_else(|| Exit::refused(format!("{incident} has no update {id}")))?.message;
    let audience = audience(here, &message.audience).await?;
    Ok((message, audience))
}

async fn drafts(session: &Session, incident: IncidentId) -> Result<Vec<comms::Comms>, Exit> {
    all(|part| async move { session.client.comms(incident, &part).await }).await
}

/// Who can be told is in the rules that the hub sends to every terminal.
async fn audience(here: &Surroundings, name: &crate::domain::role::Slug) -> Result<Audience, Exit> {
    let policy = policy(here.door()?).await?;
    let known: Vec<String> = policy.audiences.iter().map(|audience| audience.name.to_string()).collect();
    policy.audience(name).cloned().ok_or_else(|| {
        let known =
            if known.is_empty() { "the hub's settings name none".to_owned() } else { known.join(", ") };
        Exit::refused(format!("there is no audience “{name}” ({known})"))
    })
}

/// Shows what would go out and asks, unless that was answered before. Without somebody to ask, the answer is no.
fn confirm(output: Output, message: &Message, audience: &Audience, yes: bool) -> Result<(), Exit> {
    if yes {
        return Ok(());
    }
    output.preview_to_stderr(message, audience);
    if !std::io::stdin().is_terminal() {
        return Err(Exit::usage("nobody is here to say yes; add --yes if it is meant".to_owned()));
    }
    output.ask("Send it? Type yes: ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(Exit::no("nothing was sent".to_owned())),
    }
}

async fn policy(door: Door) -> Result<Arc<Policy>, Exit> {
    let config = Config { hub: door.hub, token: door.token, outbox: None, place: Place::default() };
    let (link, mut events) = Link::spawn(config, crate::link::Surroundings::of_the_machine())?;
    let rules = async {
        while let Some(event) = events.recv().await {
            match event {
                LinkEvent::Policy(policy) => return Ok(policy),
                LinkEvent::Status(LinkStatus::Offline { why, .. }) => {
                    return Err(Exit::unreachable(why.to_string()));
                }
                LinkEvent::Status(LinkStatus::Refused { reason, .. }) => {
                    return Err(Exit::refused(reason.to_string()));
                }
                _ => {}
            }
        }
        Err(Exit::unreachable("the hub did not say who can be told".to_owned()))
    };
    let silent = || Err(Exit::unreachable("the hub did not say who can be told".to_owned()));
    let rules = tokio::time::timeout(Duration::from_secs(10), rules).await.unwrap_or_else(|_| silent());
    link.shutdown().await;
    rules
}
