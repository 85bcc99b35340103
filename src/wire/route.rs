//! Every command's place in the HTTP API. One table serves the hub's router, the clients' requests and the OpenAPI
//! document, so that none of them can know a command that the others do not.
//!
//! A request's path parameters and its JSON body together are the fields of the [`Command`].

use serde_json::{Map, Value};

use crate::domain::command::Command;

/// Where a command is posted, under [`BASE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The command's tag.
    pub command: &'static str,
    /// The path below the base, with parameters in braces that are named as the command's fields.
    pub path: &'static str,
    /// What it does, for the OpenAPI document.
    pub summary: &'static str,
}

/// The base of every path but the ingest ones.
pub const BASE: &str = "/api/v1";

macro_rules! routes {
    ($($command:literal $path:literal $summary:literal)*) => {
        /// All commands that a client may send. (Alerts have their vendors' paths; deliveries are the hub's own.)
        pub const ROUTES: &[Route] = &[$(Route { command: $command, path: $path, summary: $summary }),*];
    };
}

routes! {
    "declare" "/incidents" "Declare an incident"
    "attach-alerts" "/incidents/{incident}/alerts" "Attach alerts that wait"
    "acknowledge" "/incidents/{incident}/acknowledge" "Say that somebody is on it"
    "unacknowledge" "/incidents/{incident}/unacknowledge" "Take one's acknowledgement back"
    "change-status" "/incidents/{incident}/status" "Change the status"
    "change-severity" "/incidents/{incident}/severity" "Change the severity"
    "change-title" "/incidents/{incident}/title" "Change the title"
    "change-summary" "/incidents/{incident}/summary" "Change the summary"
    "set-milestone" "/incidents/{incident}/milestones" "Set, correct or take back a milestone"
    "reopen" "/incidents/{incident}/reopen" "Reopen, with a reason"
    "cancel" "/incidents/{incident}/cancel" "Say that it was no incident, with a reason"
    "merge" "/incidents/{incident}/merge" "Go on in another incident"
    "add-link" "/incidents/{incident}/links" "Add a link"
    "assign-role" "/incidents/{incident}/roles" "Give a role to somebody, or vacate it"
    "join" "/incidents/{incident}/responders" "Join, or add a responder"
    "release" "/incidents/{incident}/responders/{responder}/release" "Release a responder"
    "add-task" "/incidents/{incident}/tasks" "Add a task"
    "assign-task" "/incidents/{incident}/tasks/{task}/assign" "Assign a task"
    "accept-task" "/incidents/{incident}/tasks/{task}/accept" "Accept a task"
    "complete-task" "/incidents/{incident}/tasks/{task}/complete" "Complete a task"
    "reopen-task" "/incidents/{incident}/tasks/{task}/reopen" "Reopen a task"
    "add-note" "/incidents/{incident}/notes" "Add a note, perhaps with evidence"
    "pin-note" "/incidents/{incident}/notes/{note}/pin" "Pin a note"
    "unpin-note" "/incidents/{incident}/notes/{note}/unpin" "Unpin a note"
    "correct-note" "/incidents/{incident}/notes/{note}/correct" "Correct a note; the first wording stays in the journal"
    "draft-update" "/incidents/{incident}/comms" "Draft an update"
    "send-update" "/incidents/{incident}/comms/send" "Draft and publish an update at once"
    "publish-update" "/incidents/{incident}/comms/{comms}/publish" "Publish a draft"
    "discard-update" "/incidents/{incident}/comms/{comms}/discard" "Discard a draft"
    "settle-delivery" "/incidents/{incident}/comms/{comms}/deliveries/{destination}/settle" "Say what became of an uncertain or failed delivery"
    "record-changes" "/changes" "Record changes: deploys, rollbacks, flags, canary stages, config, releases"
    "mark-change" "/incidents/{incident}/changes/{change}/mark" "Say what an incident makes of a change, or take that back"
}

/// A command as a request: the path with its parameters filled in, and the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Below the hub's address, with [`BASE`].
    pub path: String,
    pub body: Map<String, Value>,
}

/// Why a command has no request, or a request is no command.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("“{0}” is not a command that clients send")]
    NotForClients(String),
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
}

/// The request that carries a command.
///
/// # Errors
///
/// When the command is one that only the hub itself gives.
pub fn request(command: &Command) -> Result<Request, RouteError> {
    let Value::Object(mut fields) = serde_json::to_value(command)? else {
        return Err(RouteError::NotForClients(String::new()));
    };
    let tag = match fields.remove("command") {
        Some(Value::String(tag)) => tag,
        _ => String::new(),
    };
    let route = ROUTES.iter().find(|route| route.command == tag).ok_or(RouteError::NotForClients(tag))?;
    let mut path = String::from(BASE);
    for segment in route.path.split('/').skip(1) {
        path.push('/');
        match parameter(segment).map(|name| fields.remove(name)) {
            Some(Some(Value::String(value))) => path.push_str(&value),
            Some(Some(value)) => path.push_str(&value.to_string()),
            Some(None) | None => path.push_str(segment),
        }
    }
    fields.retain(|_, value| !value.is_null());
    Ok(Request { path, body: fields })
}

/// The command that a request carries: its route, the path's parameters and the JSON body.
///
/// # Errors
///
/// A sentence that names the field that is missing, unknown or of the wrong kind.
pub fn command<'a>(
    route: &Route,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: Map<String, Value>,
) -> Result<Command, RouteError> {
    let mut fields = body;
    fields.insert("command".to_owned(), Value::from(route.command));
    for (name, value) in parameters {
        // Seqs in paths are numbers in the command.
        let value = match (name, value.parse::<u64>()) {
            ("note", Ok(number)) => Value::from(number),
            _ => Value::from(value),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(serde_json::from_value(Value::Object(fields))?)
}

/// The name in a `{name}` segment.
pub fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::Mark;
    use crate::domain::ids::{IncidentId, Seq, TaskId};
    use crate::domain::text::Text;

    /// Sends a command through its route and back, as client and hub do.
    fn travel(sent: &Command) -> Command {
        let request = request(sent).unwrap();
        let segments: Vec<&str> = request.path.trim_start_matches(BASE).split('/').collect();
        let route = ROUTES
            .iter()
            .find(|route| {
                let pattern: Vec<&str> = route.path.split('/').collect();
                pattern.len() == segments.len()
                    && pattern.iter().zip(&segments).all(|(p, s)| p == s || parameter(p).is_some())
                    && serde_json::to_value(sent).unwrap()["command"] == route.command
            })
            .unwrap();
        let parameters = route.path.split('/').zip(segments).filter_map(|(p, s)| Some((parameter(p)?, s)));
        command(route, parameters.collect::<Vec<_>>(), request.body).unwrap()
    }

    #[test]
    fn a_command_is_the_same_after_its_way_through_http() {
        let incident = IncidentId(7);
        for sent in [
            Command::Acknowledge { incident },
            Command::AcceptTask { incident, task: TaskId(3) },
            Command::MarkChange {
                incident,
                change: "github:deployment-17".parse().unwrap(),
                mark: Some(Mark::RolledBack),
                reason: None,
            },
            Command::CorrectNote { incident, note: Seq(812), text: Text::clean("not the cache") },
            Command::AssignRole { incident, role: "commander".parse().unwrap(), responder: None },
        ] {
            assert_eq!(travel(&sent), sent);
        }
    }

    #[test]
    fn what_only_the_hub_may_say_has_no_route() {
        let report = Command::ReportAlerts { alerts: Vec::new() };
        assert!(request(&report).is_err());
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let body = serde_json::from_str(r#"{"tilte":"x"}"#).unwrap();
        let error = command(&ROUTES[0], [], body).unwrap_err().to_string();
        assert!(error.contains("tilte"), "{error}");
    }
}
