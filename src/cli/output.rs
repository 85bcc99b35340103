//! What commands print: plain columns for people, JSON for programs. Results to stdout, words to stderr.
//!
//! What came from the hub is clean already. Paths, arguments, and what files and other programs say is not: all of it is
//! cleaned once more on its way out, for here it reaches a terminal.

use std::io::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::exit::Exit;
use crate::domain::alert::Alert;
use crate::domain::command::Outcome;
use crate::domain::comms::{Audience, Comms, CommsState, DeliveryState, Message};
use crate::domain::event::Entry;
use crate::domain::gauge::{SloGauge, SloState};
use crate::domain::incident::Incident;
use crate::domain::narrate::narrate;
use crate::domain::status::Milestone;
use crate::domain::task::TaskState;
use crate::domain::text::{Shape, clean, clean_json};

/// For whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    People,
    Programs,
}

impl Output {
    /// One JSON value, on a line of its own.
    pub fn json(self, value: &impl Serialize) -> Result<(), Exit> {
        let line = serde_json::to_string(value).map_err(|error| Exit::usage(error.to_string()))?;
        print(&clean_json(&line))
    }

    pub fn line(self, line: &str) -> Result<(), Exit> {
        print(&clean(line, Shape::Output))
    }

    /// A word to the person, apart from results.
    pub fn say(self, words: &str) {
        // Nobody to tell, nothing to do about it.
        let _ = writeln!(std::io::stderr().lock(), "{}", clean(words, Shape::Output));
    }

    pub fn ask(self, question: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{}", clean(question, Shape::Output)).and_then(|()| stderr.flush());
    }

    fn either<T: Serialize>(self, value: &T, people: impl FnOnce() -> String) -> Result<(), Exit> {
        match self {
            Output::Programs => self.json(value),
            Output::People => match people().trim_end() {
                "" => Ok(()),
                text => self.line(text),
            },
        }
    }

    pub fn outcome(self, outcome: &Outcome, done: &str) -> Result<(), Exit> {
        self.either(outcome, || {
            let id = outcome.id.map(|id| id.to_string()).unwrap_or_default();
            let task = outcome.task.map(|task| format!(" {task}")).unwrap_or_default();
            let comms = outcome.comms.map(|comms| format!(" {comms}")).unwrap_or_default();
            let change = outcome.change.as_ref().map(|change| format!(" {change}")).unwrap_or_default();
            format!("{id}{task}{comms}{change} {done}").trim_start().to_owned()
        })
    }

    pub fn incidents(self, incidents: &[Incident]) -> Result<(), Exit> {
        self.either(&incidents, || {
            let rows = incidents.iter().map(|incident| {
                let lead = incident.roles.values().next().map_or_else(String::new, |lead| format!("@{lead}"));
                vec![
                    incident.id.to_string(),
                    incident.severity.to_string(),
                    incident.status.to_string(),
                    incident.declared_at.to_utc().format("%Y-%m-%d %H:%MZ").to_string(),
                    format!("{} firing", incident.alerts.firing),
                    lead,
                    incident.title.to_string(),
                ]
            });
            if incidents.is_empty() { "no incidents".to_owned() } else { table(rows.collect()) }
        })
    }

    pub fn incident(self, incident: &Incident) -> Result<(), Exit> {
        self.either(incident, || describe(incident))
    }

    pub fn tasks(self, incident: &Incident) -> Result<(), Exit> {
        let tasks: Vec<_> = incident.tasks.values().collect();
        self.either(&tasks, || table(task_rows(incident)))
    }

    pub fn entries(self, entries: &[Arc<Entry>]) -> Result<(), Exit> {
        entries.iter().try_for_each(|entry| self.entry(entry))
    }

    /// One entry, at once and on a line of its own.
    pub fn entry(self, entry: &Entry) -> Result<(), Exit> {
        match self {
            Output::Programs => self.json(entry),
            Output::People => self.line(&sentence(entry)),
        }
    }

    pub fn alerts(self, alerts: &[Alert]) -> Result<(), Exit> {
        self.either(&alerts, || {
            let rows = alerts.iter().map(|alert| {
                vec![
                    alert.fingerprint.to_string(),
                    alert.severity.to_string(),
                    alert.started_at.to_utc().format("%Y-%m-%d %H:%MZ").to_string(),
                    alert.name.to_string(),
                    alert.summary.to_string(),
                ]
            });
            table(rows.collect())
        })
    }

    pub fn slos(self, slos: &[SloGauge]) -> Result<(), Exit> {
        self.either(&slos, || {
            let rows = slos.iter().map(|slo| {
                let burn =
                    |burn: Option<f64>| burn.map_or_else(|| "–".to_owned(), |burn| format!("{burn:.1}x"));
                vec![
                    slo.name.to_string(),
                    slo.service.to_string(),
                    format!("{}% over {}", slo.objective * 100.0, slo.window),
                    slo.budget_left
                        .map_or_else(|| "–".to_owned(), |left| format!("{:.1}% left", left * 100.0)),
                    format!("{} {} {}", burn(slo.burn_5m), burn(slo.burn_1h), burn(slo.burn_6h)),
                    state_words(slo.state).to_owned(),
                    slo.detail.to_string(),
                ]
            });
            table(rows.collect())
        })
    }

    pub fn comms(self, all: &[Comms]) -> Result<(), Exit> {
        self.either(&all, || {
            let mut rows = Vec::new();
            for comms in all {
                let state = match &comms.state {
                    CommsState::Draft => "draft".to_owned(),
                    CommsState::Discarded => "discarded".to_owned(),
                    CommsState::Published { at, by } => {
                        format!("published {} by {by}", at.to_utc().format("%H:%MZ"))
                    }
                };
                let (id, audience) = (comms.id.to_string(), comms.message.audience.to_string());
                rows.push(vec![id, audience, state, comms.message.subject.to_string()]);
                for (destination, delivery) in &comms.deliveries {
                    let state = delivery_words(delivery.state).to_owned();
                    rows.push(vec![
                        String::new(),
                        format!("→ {destination}"),
                        state,
                        delivery.detail.to_string(),
                    ]);
                }
            }
            table(rows)
        })
    }

    pub fn preview(self, message: &Message, audience: &Audience) -> Result<(), Exit> {
        self.either(&message, || preview(message, audience))
    }

    pub fn preview_to_stderr(self, message: &Message, audience: &Audience) {
        self.say(&preview(message, audience));
    }
}

fn print(clean: &str) -> Result<(), Exit> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{clean}")?;
    Ok(stdout.flush()?)
}

/// An entry on one line: when, where, who, what.
pub fn sentence(entry: &Entry) -> String {
    let incident = entry.incident.map_or_else(|| "–".to_owned(), |incident| incident.to_string());
    let at = entry.at.to_utc().format("%Y-%m-%d %H:%M:%SZ");
    format!("{at}  {:>6}  {incident:<7} {}: {}", entry.seq, entry.actor, narrate(entry))
}

fn preview(message: &Message, audience: &Audience) -> String {
    let ways: Vec<&str> = audience.destinations.iter().map(|destination| &*destination.label).collect();
    let ways = if ways.is_empty() { "nobody: it has no destinations".to_owned() } else { ways.join(", ") };
    let drill = if message.is_marked_as_drill() {
        "This is a drill. Sent, it really goes to these people, marked [DRILL].\n"
    } else {
        ""
    };
    format!("{drill}To: {} ({ways})\nSubject: {}\n\n{}", audience.label, message.subject, message.body)
}

fn describe(incident: &Incident) -> String {
    let mut text =
        format!("{} {} {} — {}\n", incident.id, incident.severity, incident.status, incident.title);
    let mut add = |label: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{label:<16}{value}\n"));
        }
    };
    add("declared", format!("{} by {}", incident.declared_at, incident.declared_by));
    let acknowledged = incident.acknowledgement.as_ref();
    add(
        "acknowledged",
        acknowledged.map_or_else(|| "by nobody".to_owned(), |it| format!("{} by {}", it.at, it.by)),
    );
    for milestone in Milestone::ALL {
        let time = incident.milestones.get(milestone);
        add(milestone.name(), time.map(|time| time.to_string()).unwrap_or_default());
    }
    add("services", incident.services.iter().map(|it| it.to_string()).collect::<Vec<_>>().join(", "));
    add("alerts", format!("{} firing of {}", incident.alerts.firing, incident.alerts.fired));
    for alert in incident.alerts.shown.values().filter(|alert| alert.is_firing()) {
        add("  firing", format!("{} {}", alert.name, alert.summary));
        add("    runbook", alert.runbook.as_ref().map(ToString::to_string).unwrap_or_default());
        add("    link", alert.link.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    add(
        "roles",
        incident.roles.iter().map(|(role, who)| format!("{role} @{who}")).collect::<Vec<_>>().join(", "),
    );
    add("responders", incident.responders.keys().map(|who| format!("@{who}")).collect::<Vec<_>>().join(", "));
    add("next update", incident.next_update_due.map(|due| due.to_string()).unwrap_or_default());
    for link in &incident.links {
        add("link", format!("{} {}", link.title, link.url));
    }
    if !incident.summary.is_empty() {
        text.push_str(&format!("\n{}\n", incident.summary));
    }
    if !incident.tasks.is_empty() {
        text.push_str(&format!("\n{}", table(task_rows(incident))));
    }
    text
}

fn task_rows(incident: &Incident) -> Vec<Vec<String>> {
    let rows = incident.tasks.values().map(|task| {
        let state = match task.state {
            TaskState::Open => "open",
            TaskState::Accepted { .. } => "accepted",
            TaskState::Done { .. } => "done",
        };
        let owner = task.owner.as_ref().map_or_else(|| "nobody".to_owned(), |owner| format!("@{owner}"));
        let required = if task.required { "required" } else { "" };
        vec![task.id.to_string(), state.to_owned(), owner, required.to_owned(), task.title.to_string()]
    });
    rows.collect()
}

pub fn state_words(state: SloState) -> &'static str {
    match state {
        SloState::Ok => "",
        SloState::NoTraffic => "no traffic",
        SloState::NoData => "no data",
        SloState::Stale => "stale",
        SloState::Failing => "source fails",
    }
}

fn delivery_words(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "waiting",
        DeliveryState::Sending => "being sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "failed",
        DeliveryState::Uncertain => "uncertain: did it arrive?",
        DeliveryState::Abandoned => "left",
    }
}

/// Columns as wide as they must be; the last one is as long as it is.
pub fn table(rows: Vec<Vec<String>>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let text = table(vec![row(&["INC-7", "x"]), row(&["INC-12", "", "long"]), row(&["a", "b", ""])]);
        assert_eq!(text, "INC-7   x\nINC-12     long\na       b\n");
    }
}
