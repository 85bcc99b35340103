//! `warroom status`: one line for tmux and prompts. Quick, and never in the way: without a hub it says so and ends.

use serde::Serialize;

use super::output::Output;
use super::session::{Exit, Session, all};
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

/// # Errors
///
/// Exit code 1 when somebody is needed (a live incident nobody has acknowledged), 4 without a hub.
pub async fn status(session: &Session, output: Output) -> Result<(), Exit> {
    let incidents =
        all(|part| async move { session.client.incidents(&IncidentQuery::default(), &part).await }).await?;
    let summary = summarise(&incidents);
    match output {
        Output::Programs => output.json(&summary),
        Output::People => output.line(&line(&summary)),
    }
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
