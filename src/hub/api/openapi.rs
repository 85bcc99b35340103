//! `/openapi.json`: the API as a document, built from the table of routes and the types, so that it cannot fall behind.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::page::{DEFAULT_LIMIT, MAX_LIMIT};
use super::schemas::Schemas;
use crate::domain::alert::Alert;
use crate::domain::change::Change;
use crate::domain::command::Outcome;
use crate::domain::comms::Comms;
use crate::domain::gauge::SloGauge;
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::hub::error::Kind;
use crate::hub::ingest::changes::{Sender, pagerduty};
use crate::hub::limits::{
    API_BODY, CHANGE_BODY, HEADERS, INGEST_BODY, JSON_DEPTH, SOURCE_BYTES, SOURCE_REQUESTS, UNKNOWN_BODY,
};
use crate::hub::settings::Limits;
use crate::wire::body::{
    CreatedToken, DeadLetter, Entries, NewToken, OpenDelivery, Page, Responder, Timeline, TokenInfo,
};
use crate::wire::close::{RESTART, RESYNC, SILENT, UNAUTHORIZED, WENT_BACK};
use crate::wire::frame::{ClientFrame, Frame};
use crate::wire::packed::Packing;
use crate::wire::problem::{MEDIA_TYPE, Problem};
use crate::wire::route::{BASE, ROUTES, Route, parameter};

/// `GET /openapi.json`. Asks for no token: it is the same for everybody.
pub(in crate::hub) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], document().to_string())
        .into_response()
}

/// The whole document, OpenAPI 3.1.
pub fn document() -> Value {
    let mut paths = Paths { schemas: Schemas::new(), paths: Map::new() };
    for route in ROUTES {
        paths.command(route);
    }
    paths.resources();
    paths.ingest();
    let frames = json!({"hub_to_client": paths.schemas.of::<Frame>(), "client_to_hub": paths.schemas.of::<ClientFrame>()});
    let problem = paths.schemas.of::<Problem>();
    let Paths { schemas, paths } = paths;
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "warroom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": description(),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "security": [{"token": []}],
        "paths": paths,
        "x-feed-frames": frames,
        "components": {
            "schemas": schemas.into_components(),
            "responses": {"Problem": {
                "description": "What is wrong, and what to do.",
                "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
                "content": {MEDIA_TYPE: {"schema": problem}}
            }},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token, `wr_…`."}}
        }
    })
}

fn description() -> String {
    let Limits { connections, sessions, requests_per_second, burst } = Limits::default();
    let problems = Kind::ALL.map(|kind| {
        let (name, status, title) = kind.words();
        format!("- `/problems/{name}` ({}): {title}", status.as_u16())
    });
    format!(
        "The room an incident is run from.\n\nMutations take `Idempotency-Key`, made by the sender: the same key gives \
         the same answer for 7 days, whatever happens between. They take `If-Match` with the incident's revision \
         (`ETag`), and answer 409 when what they would set has changed since. Times are RFC 3339 in UTC. Of a key that \
         stands twice in a JSON object the last one counts.\n\n\
         Limits: bodies up to {API_BODY} bytes (413), for alerts up to {INGEST_BODY}, for changes \
         up to {CHANGE_BODY}, and {UNKNOWN_BODY} where the token is in the body; JSON up to {JSON_DEPTH} deep \
         (400); {HEADERS} headers; unless configured otherwise {requests_per_second} requests a second for each token, \
         {burst} at once (429 with `Retry-After`), {connections} connections and {sessions} readers of the feed (503). \
         Overload and a full disk are answered with 503 and `Retry-After`; deliveries of alerts never with 429. One token \
         may have {SOURCE_REQUESTS} deliveries of alerts under way, of {SOURCE_BYTES} bytes together, and a quarter of what \
         waits to be written (503).\n\n\
         Problems:\n{}\n\n\
         The feed is a websocket; `x-feed-frames` describes its frames. It closes with {RESTART} when the hub \
         restarts, {UNAUTHORIZED} when the token has ended, {SILENT} after 30 s of silence, {RESYNC} to start again, \
         {WENT_BACK} when the reader knows more than the journal holds.",
        problems.join("\n")
    )
}

struct Paths {
    schemas: Schemas,
    paths: Map<String, Value>,
}

impl Paths {
    fn add(&mut self, method: &str, path: &str, mut operation: Value) {
        let named: Vec<&str> = path.split('/').filter_map(parameter).collect();
        if let Some(operation) = operation.as_object_mut() {
            let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
            if let Some(parameters) = parameters.as_array_mut() {
                for name in named {
                    if !parameters.iter().any(|known| known["name"] == name) {
                        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
                    }
                }
            }
        }
        let path = self.paths.entry(path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(method.to_owned(), operation);
        }
    }

    fn command(&mut self, route: &Route) {
        let mut parameters = vec![
            json!({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 128}}),
            json!({"name": "If-Match", "in": "header", "schema": {"type": "string", "examples": ["\"12\""]}}),
        ];
        for name in route.path.split('/').filter_map(parameter) {
            let schema = self.schemas.field(route, name);
            parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
        }
        let outcome = self.schemas.of::<Outcome>();
        let status = if route.command == "declare" { "201" } else { "200" };
        let operation = json!({
            "operationId": route.command,
            "summary": route.summary,
            "tags": ["commands"],
            "parameters": parameters,
            "requestBody": {"content": {"application/json": {"schema": self.schemas.body(route)}}},
            "responses": {
                status: {"description": "Done, and on disk.", "content": {"application/json": {"schema": outcome}}},
                "default": {"$ref": "#/components/responses/Problem"}
            }
        });
        self.add("post", &format!("{BASE}{}", route.path), operation);
    }

    fn read<T: JsonSchema>(&mut self, path: &str, summary: &str, query: &[(&str, &str)]) {
        let parameters: Vec<Value> = query
            .iter()
            .map(|(name, what)| json!({"name": name, "in": "query", "description": what, "schema": {"type": "string"}}))
            .collect();
        let operation = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": answers("200", "As asked.", Some(self.schemas.of::<T>()))
        });
        self.add("get", &format!("{BASE}{path}"), operation);
    }

    fn resources(&mut self) {
        let limit = format!("How many at most: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} when absent.");
        let cursor = ("cursor", "What the part before gave as `next`.");
        let page = [cursor, ("limit", limit.as_str())];
        let wanted = [
            ("status", "`open` (default) or `all`."),
            ("severity", "SEV0 to SEV3."),
            ("service", "The name of a service."),
            cursor,
            ("limit", &limit),
        ];
        self.read::<Page<Incident>>("/incidents", "Incidents, newest first", &wanted);
        self.read::<Incident>("/incidents/{incident}", "One incident; its revision is the ETag", &[]);
        let span = [
            ("after", "Only entries after this seq."),
            ("before", "Only entries before this seq; `older_before` of the part before."),
            ("limit", &limit),
        ];
        self.read::<Timeline>("/incidents/{incident}/timeline", "The newest part, oldest first", &span);
        let part = [("after", "JOURNAL:SEQ of the last entry that is known."), ("limit", limit.as_str())];
        self.read::<Entries>("/entries", "The journal after a place in it, oldest first", &part);
        self.read::<Policy>("/policy", "The organisation's rules: roles, audiences, what declares", &[]);
        self.read::<Page<Comms>>("/incidents/{incident}/comms", "Its updates, oldest first", &page);
        self.read::<Page<Alert>>("/alerts", "Alerts that wait, without an incident", &page);
        let of_changes = [
            ("service", "The name of a service."),
            ("since", "Only what came into its phase then or later (RFC 3339)."),
            cursor,
            ("limit", &limit),
        ];
        self.read::<Page<Change>>("/changes", "Changes that are remembered, newest first", &of_changes);
        self.read::<Page<Responder>>("/responders", "Who is connected, and who works on what", &page);
        self.read::<Page<SloGauge>>("/slos", "The latest values of every SLO", &page);
        self.read::<SloGauge>("/slos/{name}", "The latest values of one SLO", &[]);
        self.read::<Page<OpenDelivery>>("/deliveries", "Deliveries under way, failed or uncertain", &page);
        self.read::<Page<DeadLetter>>("/deadletters", "Deliveries that were not understood", &[]);
        self.read::<Page<TokenInfo>>("/tokens", "All tokens, without what they are", &page);
        let (new, created) = (self.schemas.of::<NewToken>(), self.schemas.of::<CreatedToken>());
        let create = json!({
            "summary": "Make a token; it is shown once",
            "requestBody": {"required": true, "content": {"application/json": {"schema": new}}},
            "responses": answers("201", "The token.", Some(created))
        });
        self.add("post", &format!("{BASE}/tokens"), create);
        let revoke = json!({"summary": "Revoke a token and end its sessions", "responses": answers("204", "It is gone.", None)});
        self.add("delete", &format!("{BASE}/tokens/{{id}}"), revoke);
        self.read::<Value>("/openapi.json", "This document", &[]);
        let feed = json!({
            "summary": "The feed, as a websocket",
            "parameters": [
                {"name": "after", "in": "query", "description": "JOURNAL:SEQ of the last entry that was applied.", "schema": {"type": "string"}},
                {"name": "pack", "in": "query", "description": "How long frames come: `none` as text like all others, `gzip` as binary messages of the same JSON, gzipped.", "schema": self.schemas.of::<Packing>()}
            ],
            "responses": answers("101", "The websocket.", None)
        });
        self.add("get", &format!("{BASE}/feed"), feed);
        for (path, summary) in
            [("/healthz", "Whether the hub lives"), ("/readyz", "Whether it takes commands")]
        {
            self.add(
                "get",
                path,
                json!({"summary": summary, "security": [], "responses": answers("200", "Yes.", None)}),
            );
        }
    }

    fn ingest(&mut self) {
        let alert = json!({
            "type": "object",
            "required": ["labels"],
            "properties": {
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
                "startsAt": {"type": "string", "format": "date-time"},
                "endsAt": {"type": "string", "format": "date-time"},
                "generatorURL": {"type": "string"}
            }
        });
        let list = json!({"type": "array", "items": alert});
        let webhook = json!({"type": "object", "required": ["alerts"], "properties": {"alerts": list}});
        let ways = [
            ("/api/v2/alerts", "Alerts as Prometheus sends them to Alertmanager", &list),
            ("/{token}/api/v2/alerts", "The same, for senders that can set only a path prefix", &list),
            (
                "/hooks/alertmanager",
                "Alertmanager's webhook; the token as bearer or basic password",
                &webhook,
            ),
            ("/hooks/alertmanager/{token}", "The same, for senders that can set only a URL", &webhook),
        ];
        for (path, summary, schema) in ways {
            let operation = json!({
                "summary": summary,
                "tags": ["ingest"],
                "requestBody": {"required": true, "content": {"application/json": {"schema": schema}}},
                "responses": answers("200", "On disk; what was not understood is in the dead letters.", None)
            });
            self.add("post", path, operation);
        }
        self.changes();
    }

    /// What those send whose forms are their own business.
    fn changes(&mut self) {
        let any = json!({"type": ["object", "array"]});
        let mut add = |path: &str, summary: &str, status: &str| {
            let done = "On disk, or no change; what was not understood is in the dead letters.";
            let operation = json!({
                "summary": summary,
                "tags": ["ingest"],
                "requestBody": {"required": true, "content": {"application/json": {"schema": any}}},
                "responses": answers(status, done, None)
            });
            self.add("post", path, operation);
        };
        for sender in Sender::ALL {
            add(sender.path(), sender.summary(), "200");
            let with_token = format!("{}/{{token}}", sender.path());
            add(&with_token, "The same, for senders that can set only a URL", "200");
        }
        let summary = "PagerDuty's change events; the token is `routing_key`, or a credential";
        add(pagerduty::PATH, summary, "202");
    }
}

fn answers(status: &str, description: &str, schema: Option<Value>) -> Value {
    let mut good = json!({"description": description});
    if let Some(schema) = schema {
        good["content"] = json!({"application/json": {"schema": schema}});
    }
    json!({status: good, "default": {"$ref": "#/components/responses/Problem"}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::router::served;

    #[test]
    fn every_path_that_is_served_is_in_the_document_and_no_other() {
        let document = document();
        let mut written: Vec<(String, String)> = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            written.extend(
                operations.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())),
            );
        }
        let mut routed: Vec<(String, String)> =
            served().paths.into_iter().map(|(method, path)| (method.to_string(), path)).collect();
        written.sort();
        routed.sort();
        assert_eq!(written, routed);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn follow(value: &Value, document: &Value, seen: &mut usize) {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(target)) = fields.get("$ref") {
                        let pointer = target.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{target}");
                        *seen += 1;
                    }
                    fields.values().for_each(|value| follow(value, document, seen));
                }
                Value::Array(items) => items.iter().for_each(|value| follow(value, document, seen)),
                _ => {}
            }
        }
        let (document, mut seen) = (document(), 0);
        follow(&document, &document, &mut seen);
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn a_commands_body_has_its_fields_but_not_those_of_the_path() {
        let document = document();
        let body = |path: &str| {
            document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
        };
        let note = body("/api/v1/incidents/{incident}/notes/{note}/correct");
        assert_eq!(note["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["text"]);
        assert_eq!(note["required"], json!(["text"]));
        for route in ROUTES {
            let schema = body(&format!("{BASE}{}", route.path));
            assert!(schema["properties"].is_object(), "{} has no schema", route.command);
        }
    }
}
