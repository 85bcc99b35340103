//! What a command asks for, in a few words: for rows that wait for it, and for its refusal.

use crate::domain::command::Command;

/// `acknowledge`, `status → resolved`: short, in the imperative.
pub fn words(command: &Command, arrow: &str) -> String {
    match command {
        Command::ReportAlerts { .. } => "report alerts".into(),
        Command::RecordChanges { changes } => format!("record {} changes", changes.len()),
        Command::MarkChange { mark: Some(mark), .. } => format!("change {arrow} {}", mark.words()),
        Command::MarkChange { mark: None, .. } => "take back the mark of a change".into(),
        Command::AttachAlerts { fingerprints, .. } => format!("attach {} alerts", fingerprints.len()),
        Command::Declare { title, .. } => format!("declare “{title}”"),
        Command::Acknowledge { .. } => "acknowledge".into(),
        Command::Unacknowledge { .. } => "take back the acknowledgement".into(),
        Command::ChangeStatus { status, .. } => format!("status {arrow} {status}"),
        Command::ChangeSeverity { severity, .. } => format!("severity {arrow} {severity}"),
        Command::ChangeTitle { .. } => "change the title".into(),
        Command::ChangeSummary { .. } => "change the summary".into(),
        Command::SetMilestone { milestone, .. } => format!("set “{milestone}”"),
        Command::Reopen { .. } => "reopen".into(),
        Command::Cancel { .. } => "cancel".into(),
        Command::Merge { into, .. } => format!("merge into {into}"),
        Command::AddLink { title, .. } => format!("link “{title}”"),
        Command::AssignRole { role, responder: Some(responder), .. } => {
            format!("{role} {arrow} @{responder}")
        }
        Command::AssignRole { role, responder: None, .. } => format!("{role} {arrow} nobody"),
        Command::Join { responder: Some(responder), .. } => format!("add @{responder}"),
        Command::Join { responder: None, .. } => "join".into(),
        Command::Release { responder, .. } => format!("release @{responder}"),
        Command::AddTask { title, .. } => format!("add task “{title}”"),
        Command::AssignTask { task, owner, .. } => format!("{task} {arrow} @{owner}"),
        Command::AcceptTask { task, .. } => format!("accept {task}"),
        Command::CompleteTask { task, .. } => format!("complete {task}"),
        Command::ReopenTask { task, .. } => format!("reopen {task}"),
        Command::AddNote { .. } => "add a note".into(),
        Command::PinNote { .. } => "pin a note".into(),
        Command::UnpinNote { .. } => "unpin a note".into(),
        Command::CorrectNote { .. } => "correct a note".into(),
        Command::DraftUpdate { .. } => "draft an update".into(),
        Command::SendUpdate { message, .. } => format!("send an update to {}", message.audience),
        Command::PublishUpdate { comms, .. } => format!("publish {comms}"),
        Command::DiscardUpdate { comms, .. } => format!("discard {comms}"),
        Command::SettleDelivery { comms, destination, .. } => format!("settle {comms} to {destination}"),
        Command::JudgeRollout { change, .. } => format!("judge {change}"),
        Command::ReportBudget { budgets } => format!("report {} error budgets", budgets.len()),
        Command::ReportDelivery { comms, destination, .. } => format!("report {comms} to {destination}"),
    }
}
