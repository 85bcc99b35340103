//! What becomes of a line that was typed: a command, another dialog, or a word on why it will not do.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Choice, Modal, Next, Picker, Prompt, PromptPurpose, Then};
use crate::domain::actor::Handle;
use crate::domain::command::Command;
use crate::domain::ids::IncidentId;
use crate::domain::severity::Severity;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::msg::Now;

/// What follows on Enter.
pub(super) enum Answered {
    Then(Then),
    Filter(Line),
    /// It will not do; the dialog stays and says why.
    No(Line),
}

pub(super) fn answer(prompt: &Prompt, model: &Model, now: Now) -> Answered {
    let typed = prompt.input.value().trim();
    let send = |command, seen| Answered::Then(Then::Send { command: Box::new(command), seen });
    let result = match &prompt.purpose {
        PromptPurpose::Filter { .. } => Ok(Answered::Filter(Line::clean(typed))),
        PromptPurpose::Declare if typed.is_empty() => Err("say what is wrong".to_owned()),
        PromptPurpose::Declare => {
            Ok(Answered::Then(Then::Open(Box::new(Next::Picker(severities(model, typed))))))
        }
        PromptPurpose::Title { .. } if typed.is_empty() => Err("a title cannot be empty".to_owned()),
        PromptPurpose::Title { incident, seen } => {
            Ok(send(Command::ChangeTitle { incident: *incident, title: Line::clean(typed) }, Some(*seen)))
        }
        PromptPurpose::Milestone { incident, milestone, seen } => parse_time(typed, now.wall).map(|time| {
            send(Command::SetMilestone { incident: *incident, milestone: *milestone, time }, Some(*seen))
        }),
        PromptPurpose::TaskTitle { incident } => {
            add_task(*incident, typed, model).map(|task| send(task, None))
        }
        PromptPurpose::TaskOwner { incident, task, seen } => typed
            .parse::<Handle>()
            .map_err(|error| error.to_string())
            .map(|owner| send(Command::AssignTask { incident: *incident, task: *task, owner }, Some(*seen))),
        PromptPurpose::RoleHolder { incident, role, seen } => {
            typed.parse::<Handle>().map_err(|error| error.to_string()).map(|handle| {
                let command =
                    Command::AssignRole { incident: *incident, role: role.clone(), responder: Some(handle) };
                send(command, Some(*seen))
            })
        }
        PromptPurpose::Reason { .. } if typed.is_empty() => Err("a reason is needed".to_owned()),
        PromptPurpose::Reason { command, seen } => {
            Ok(send(with_reason((**command).clone(), Text::clean(typed)), *seen))
        }
    };
    result.unwrap_or_else(|why| Answered::No(Line::clean(&why)))
}

/// After the title of a new incident: how bad it is. The likeliest comes first.
fn severities(model: &Model, title: &str) -> Picker {
    let likeliest_first = [Severity::Sev2, Severity::Sev1, Severity::Sev0, Severity::Sev3];
    let choices = likeliest_first.map(|severity| Choice {
        label: Line::clean(&severity.to_string()),
        detail: model.policy.severity_labels.get(&severity).cloned().unwrap_or_default(),
        then: Then::Send {
            command: Box::new(Command::Declare {
                title: Line::clean(title),
                severity: Some(severity),
                kind: None,
                services: BTreeSet::new(),
                summary: Text::default(),
                drill: false,
                alerts: BTreeSet::new(),
            }),
            seen: None,
        },
    });
    Picker::new("How bad is it? When in doubt, the worse one", choices.into())
}

/// `restart the pods @bo !`: the title, perhaps an owner, perhaps required before the next status.
fn add_task(incident: IncidentId, typed: &str, model: &Model) -> Result<Command, String> {
    let (typed, required) = match typed.strip_suffix('!') {
        Some(rest) => (rest.trim_end(), true),
        None => (typed, false),
    };
    let (title, owner) = match typed.rsplit_once(' ').filter(|(_, last)| last.starts_with('@')) {
        Some((title, owner)) => (title.trim_end(), Some(owner.parse().map_err(|error| format!("{error}"))?)),
        None => (typed, None),
    };
    if title.is_empty() {
        return Err("say what is to be done".to_owned());
    }
    let stage = model.room.incident(incident).map(|incident| incident.status).filter(|_| required);
    let title = Line::clean(title);
    Ok(Command::AddTask { incident, title, owner, stage, role: None, required, due: None })
}

/// Fills in the reason that the command was waiting for.
fn with_reason(mut command: Command, text: Text) -> Command {
    match &mut command {
        Command::ChangeStatus { reason, .. } => *reason = Some(text),
        Command::Reopen { reason, .. } | Command::Cancel { reason, .. } => *reason = text,
        Command::MarkChange { reason, .. } => *reason = Some(text),
        Command::ReportAlerts { .. }
        | Command::RecordChanges { .. }
        | Command::AttachAlerts { .. }
        | Command::Declare { .. }
        | Command::Acknowledge { .. }
        | Command::Unacknowledge { .. }
        | Command::ChangeSeverity { .. }
        | Command::ChangeTitle { .. }
        | Command::ChangeSummary { .. }
        | Command::SetMilestone { .. }
        | Command::Merge { .. }
        | Command::AddLink { .. }
        | Command::AssignRole { .. }
        | Command::Join { .. }
        | Command::Release { .. }
        | Command::AddTask { .. }
        | Command::AssignTask { .. }
        | Command::AcceptTask { .. }
        | Command::CompleteTask { .. }
        | Command::ReopenTask { .. }
        | Command::AddNote { .. }
        | Command::PinNote { .. }
        | Command::UnpinNote { .. }
        | Command::CorrectNote { .. }
        | Command::DraftUpdate { .. }
        | Command::SendUpdate { .. }
        | Command::PublishUpdate { .. }
        | Command::DiscardUpdate { .. }
        | Command::SettleDelivery { .. }
        | Command::ReportBudget { .. }
        | Command::JudgeRollout { .. }
        | Command::ReportDelivery { .. } => {}
    }
    command
}

/// `14:03`, `14:03:17` (today, or yesterday if that would be to come), a whole RFC 3339 time, `-10m`; empty for none.
pub(super) fn parse_time(typed: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    if let Ok(time) = typed.parse() {
        return Ok(Some(time));
    }
    if let Some(minutes) = typed.strip_prefix('-').and_then(|ago| ago.strip_suffix('m')) {
        let minutes: u64 =
            minutes.parse().map_err(|_| format!("“{typed}” is not minutes ago, such as -10m"))?;
        return Ok(Some(now.minus(Duration::from_secs(minutes.saturating_mul(60)))));
    }
    let clock =
        ["%H:%M", "%H:%M:%S"].iter().find_map(|form| chrono::NaiveTime::parse_from_str(typed, form).ok());
    let Some(clock) = clock else {
        return Err(format!("“{typed}” is not a time; write 14:03, 2026-11-23T14:03:17Z or -10m"));
    };
    let today = Timestamp::from(now.to_utc().date_naive().and_time(clock).and_utc());
    const DAY: Duration = Duration::from_secs(86_400);
    Ok(Some(if today > now { today.minus(DAY) } else { today }))
}

impl Modal {
    /// The title, for those who read the screen aloud.
    pub fn title(&self) -> Line {
        match self {
            Modal::Picker(picker) => picker.title.clone(),
            Modal::Prompt(prompt) => prompt.title.clone(),
            Modal::Editor(editor) => editor.title.clone(),
            Modal::Compose(compose) => Line::clean(&format!("Update on {}", compose.incident)),
            Modal::Confirm(confirm) => confirm.title.clone(),
            Modal::Help { .. } => Line::clean("Help"),
            Modal::Palette { .. } => Line::clean("All commands"),
            Modal::Details { .. } => Line::clean("Details"),
            Modal::Paste { .. } => Line::clean("Pasted text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(raw: &str) -> Timestamp {
        raw.parse().unwrap()
    }

    #[test]
    fn a_time_of_day_is_the_last_one_that_was() {
        let now = at("2026-11-23T14:03:17Z");
        assert_eq!(parse_time("13:50", now), Ok(Some(at("2026-11-23T13:50:00Z"))));
        assert_eq!(parse_time("23:50:01", now), Ok(Some(at("2026-11-22T23:50:01Z"))));
        assert_eq!(parse_time("-10m", now), Ok(Some(at("2026-11-23T13:53:17Z"))));
        assert_eq!(parse_time("2026-11-20T01:00:00+01:00", now), Ok(Some(at("2026-11-20T00:00:00Z"))));
        assert_eq!(parse_time("", now), Ok(None));
        for wrong in ["soon", "25:00", "-m", "-99999999999999999999m"] {
            assert!(parse_time(wrong, now).is_err(), "{wrong}");
        }
    }
}
