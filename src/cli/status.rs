//! `warroom status`: one line for tmux and prompts. Quick, and never in the way: without a hub it says so and ends.

use std::time::Duration;

use serde::Serialize;

use super::environment::Environment;
use super::exit::{Exit, UNREACHABLE};
use super::output::Output;
use super::session::Session;
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::severity::Severity;
use crate::link::api::IncidentQuery;

/// The state of the room in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Summary {
    open: usize,
    live: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<Severity>,
    /// Live incidents that nobody has acknowledged, oldest first.
    unacknowledged: Vec<IncidentId>,
    /// Alerts that belong to no incident yet.
    alerts_waiting: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

/// A prompt waits for this.
const PATIENCE: Duration = Duration::from_secs(1);

/// # Errors
///
/// Unreachable when no hub has answered within a second; then the line is “no hub”.
pub async fn status(here: &Environment, output: Output) -> Result<(), Exit> {
    let asked = tokio::time::timeout(PATIENCE, ask(here)).await;
    let (incidents, alerts_waiting) = match asked
        .unwrap_or_else(|_| Err(Exit::unreachable("no answer within a second".to_owned())))
    {
        Ok(incidents) => incidents,
        Err(exit) if exit.code == UNREACHABLE => {
            match output {
                Output::Programs => output.json(&serde_json::json!({"hub": null, "why": exit.sentence}))?,
                Output::People => output.line("no hub")?,
            }
            return Err(Exit { sentence: String::new(), ..exit });
        }
        Err(exit) => return Err(exit),
    };
    let summary = summarise(&incidents, alerts_waiting);
    match output {
        Output::Programs => output.json(&summary),
        Output::People => output.line(&line(&summary)),
    }
}

async fn ask(here: &Environment) -> Result<(Vec<Incident>, usize), Exit> {
    let session = Session::open(here)?;
    let which = IncidentQuery::default();
    let incidents = session.all(async |client, part| client.incidents(&which, part).await);
    let alerts = session.all(async |client, part| client.alerts(part).await);
    let (incidents, alerts) = tokio::try_join!(incidents, alerts)?;
    Ok((incidents, alerts.len()))
}

fn summarise(incidents: &[Incident], alerts_waiting: usize) -> Summary {
    let live: Vec<&Incident> = incidents.iter().filter(|incident| incident.status.is_live()).collect();
    // Of those that are equally bad, one that nobody has taken; a drill only where there is nothing else.
    let worst = live.iter().min_by_key(|it| (it.drill, it.severity, it.acknowledgement.is_some(), it.id));
    Summary {
        open: incidents.len(),
        live: live.len(),
        worst: worst.map(|incident| incident.severity),
        unacknowledged: live.iter().filter(|it| it.acknowledgement.is_none()).map(|it| it.id).collect(),
        alerts_waiting,
        title: worst.map(|incident| format!("{} {}", incident.id, incident.title)),
    }
}

fn line(summary: &Summary) -> String {
    let waiting = match summary.alerts_waiting {
        0 => String::new(),
        1 => " · 1 alert waits".to_owned(),
        count => format!(" · {count} alerts wait"),
    };
    let Some((worst, title)) = summary.worst.zip(summary.title.as_ref()) else {
        let resolved = match summary.open {
            0 if summary.alerts_waiting == 0 => return "all quiet".to_owned(),
            0 => "no incident".to_owned(),
            open => format!("quiet, {open} resolved and not closed"),
        };
        return resolved + &waiting;
    };
    let more = if summary.live > 1 { format!(" +{}", summary.live - 1) } else { String::new() };
    let unacknowledged = match summary.unacknowledged.len() {
        0 => String::new(),
        count => format!(" · {count} unacknowledged"),
    };
    format!("{worst} {title}{more}{unacknowledged}{waiting}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_worst_and_how_many_wait() {
        let mut summary = Summary {
            open: 3,
            live: 2,
            worst: Some(Severity::Sev1),
            unacknowledged: vec![IncidentId(8)],
            alerts_waiting: 0,
            title: Some("INC-7 Checkout fails".to_owned()),
        };
        assert_eq!(line(&summary), "SEV1 INC-7 Checkout fails +1 · 1 unacknowledged");
        summary.alerts_waiting = 2;
        assert_eq!(line(&summary), "SEV1 INC-7 Checkout fails +1 · 1 unacknowledged · 2 alerts wait");
        summary = Summary {
            open: 0,
            live: 0,
            worst: None,
            unacknowledged: Vec::new(),
            alerts_waiting: 0,
            title: None,
        };
        assert_eq!(line(&summary), "all quiet");
        summary.alerts_waiting = 1;
        assert_eq!(line(&summary), "no incident · 1 alert waits");
        summary.open = 1;
        assert_eq!(line(&summary), "quiet, 1 resolved and not closed · 1 alert waits");
    }
}
