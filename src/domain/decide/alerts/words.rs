//! What is said of alerts in titles and reasons.

use std::time::Duration;

use super::super::super::alert::Alert;
use super::super::super::ids::IncidentId;
use super::super::super::text::{Line, Text};
use super::super::case::{TITLE_CHARACTERS, is_blank};

pub(super) fn service_of(alert: &Alert) -> Option<&Line> {
    alert.labels.get("service").filter(|service| !is_blank(service))
}

/// What the alert says of itself, and of which service.
pub(super) fn title_of(alert: &Alert) -> Line {
    let said = [&alert.summary, &alert.name].into_iter().find(|said| !is_blank(said));
    let said = said.map_or("An alert without a name", Line::as_str);
    let title = match service_of(alert).filter(|service| !said.contains(service.as_str())) {
        Some(service) => format!("{said} ({service})"),
        None => said.to_owned(),
    };
    if title.chars().count() <= TITLE_CHARACTERS {
        return Line::clean(&title);
    }
    let cut: String = title.chars().take(TITLE_CHARACTERS.saturating_sub(1)).collect();
    Line::clean(&format!("{cut}…"))
}

/// Why an alert reopens an incident that was resolved a while ago.
pub(super) fn reopening(alert: &Alert, is_known: bool, resolved_for: Duration, id: IncidentId) -> Text {
    let name = if is_blank(&alert.name) { "An alert" } else { alert.name.as_str() };
    let again = if is_known { " again" } else { "" };
    let after = match resolved_for.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    };
    Text::clean(&format!("{name} fired{again} {after} after {id} was resolved"))
}
