//! `warroom status`: one line for tmux and prompts. Quick, and never in the way: without a hub it says so and ends.

use std::time::Duration;

use serde::Serialize;

use super::environment::Environment;
use super::output::Output;
use super::session::{Exit, Session, UNREACHABLE};
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
    let incidents = match asked
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
    let summary = summarise(&incidents);
    match output {
        Output::Programs => output.json(&summary),
        Output::People => output.line(&line(&summary)),
    }
}

async fn ask(here: &Environment) -> Result<Vec<Incident>, Exit> {
    let session = Session::open(here)?;
    let which = IncidentQuery::default();
    session.all(async |client, part| client.incidents(&which, part).await).await
}

fn summarise(incidents: &[Incident]) -> Summary {
    let live: Vec<&Incident> = incidents.iter().filter(|incident| incident.status.is_live()).collect();
    let worst = live.iter().min_by_key(|incident| (incident.severity, incident.id));
    Summary {
        open: incidents.len(),
        live: live.len(),
        worst: worst.map(|incident| incident.severity),
        unacknowledged: live.iter().filter(|it| it.acknowledgement.is_none()).map(|it| it.id).collect(),
        title: worst.map(|incident| format!("{} {}", incident.id, incident.title)),
    }
}

fn line(summary: &Summary) -> String {
    let Some((worst, title)) = summary.worst.zip(summary.title.as_ref()) else {
        return match summary.open {
            0 => "all quiet".to_owned(),
            open => format!("quiet, {open} resolved and not closed"),
        };
    };
    let more = if summary.live > 1 { format!(" +{}", summary.live - 1) } else { String::new() };
    let unacknowledged = match summary.unacknowledged.len() {
        0 => String::new(),
        count => format!(" · {count} unacknowledged"),
    };
    format!("{worst} {title}{more}{unacknowledged}")
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
            title: Some("INC-7 Checkout fails".to_owned()),
        };
        assert_eq!(line(&summary), "SEV1 INC-7 Checkout fails +1 · 1 unacknowledged");
        summary = Summary { open: 0, live: 0, worst: None, unacknowledged: Vec::new(), title: None };
        assert_eq!(line(&summary), "all quiet");
        summary.open = 1;
        assert_eq!(line(&summary), "quiet, 1 resolved and not closed");
    }
}
