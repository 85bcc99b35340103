//! `POST /hooks/cloudevents`: CloudEvents 1.0 over HTTP, structured, in batches, or binary with their attributes in headers.
//!
//! Their data may be a CDEvent, which may also come without an envelope; flagd's `configuration_change`; or a change as
//! `POST /api/v1/changes` takes it, of any type. What an event has not in its data, its attributes say: its id, together
//! with its source, is the change's, and its time is when it was.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::piece::Piece;
use super::{Told, cdevents};
use crate::domain::change::{ChangeKind, ChangeReport, Phase, StageReport};
use crate::domain::mask;
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it is no CloudEvent, or one that says nothing that is known here.
pub fn read(headers: &HeaderMap, body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    if let Some(attributes) = binary(headers) {
        return event(Piece::of(&attributes), Piece::of(&value));
    }
    let Value::Array(batch) = &value else { return structured(&value) };
    let (mut changes, mut wrong) = (Vec::new(), None);
    for one in batch {
        match structured(one) {
            Ok(Told::Changes(more)) => changes.extend(more),
            Ok(Told::Nothing(_)) => {}
            Err(reason) => wrong = Some(reason),
        }
    }
    match (changes.is_empty(), wrong) {
        (true, Some(reason)) => Err(reason),
        (true, None) => Ok(Told::Nothing("no change in the batch")),
        // What is known of a batch is taken; the rest is told in the log.
        (false, wrong) => {
            if let Some(reason) = wrong {
                tracing::warn!(reason, "an event of a batch was not understood");
            }
            Ok(Told::Changes(changes))
        }
    }
}

fn structured(value: &Value) -> Result<Told, String> {
    let piece = Piece::of(value);
    if let Some(told) = cdevents::read(piece) {
        return told;
    }
    if piece.get("specversion").word().is_none() {
        return Err("neither a CloudEvent (`specversion`) nor a CDEvent (`context.type`)".to_owned());
    }
    event(piece, piece.get("data"))
}

/// The attributes of an event in binary mode.
fn binary(headers: &HeaderMap) -> Option<Value> {
    headers.get("ce-specversion")?;
    let attributes = headers.iter().filter_map(|(name, value)| {
        let (name, value) = (name.as_str().strip_prefix("ce-")?, value.to_str().ok()?);
        Some((name.to_owned(), Value::from(value)))
    });
    Some(Value::Object(attributes.collect::<Map<_, _>>()))
}

fn event(attributes: Piece<'_>, data: Piece<'_>) -> Result<Told, String> {
    if let Some(told) = cdevents::read(data) {
        return told;
    }
    let what = attributes.get("type").word().ok_or("a CloudEvent without its `type`")?;
    let (source, id) = (attributes.get("source").word(), attributes.get("id").word());
    let (Some(source), Some(id)) = (source, id) else {
        return Err("a CloudEvent without its `source` or its `id`".to_owned());
    };
    let change = if what == "configuration_change" || what.ends_with(".configuration_change") {
        flagd(data)
    } else if let Some(kind) = data.get("kind").word().and_then(|kind| kind.parse().ok()) {
        ours(kind, data)
    } else if let Some(kind) = guessed(what) {
        ours(kind, data)
    } else {
        return Err(format!("a CloudEvent of the type “{what}”, which says nothing of a change here"));
    };
    let unnamed = || Line::clean(&format!("{source}/{id}"));
    let title = if change.title.is_empty() && change.service.is_none() {
        attributes.get("subject").or(attributes.get("type")).line().unwrap_or_default()
    } else {
        change.title
    };
    Ok(Told::change(ChangeReport {
        id: Some(change.id.unwrap_or_else(unnamed)),
        at: change.at.or_else(|| attributes.get("time").time()),
        title,
        ..change
    }))
}

/// A change in our own words; what is missing or odd is left out.
fn ours(kind: ChangeKind, data: Piece<'_>) -> ChangeReport {
    let stage = data.get("rollout");
    let rollout = stage.is_object().then(|| StageReport {
        name: stage.get("name").line().unwrap_or_default(),
        percent: stage.get("percent").percent(),
        verdict: stage.get("verdict").line(),
    });
    ChangeReport {
        id: data.get("id").line(),
        phase: data.get("phase").word().and_then(|phase| phase.parse().ok()).unwrap_or(Phase::Succeeded),
        at: data.get("at").time(),
        began_at: data.get("began_at").time(),
        service: data.get("service").line(),
        environment: data.get("environment").line(),
        version: data.get("version").line(),
        by: data.get("by").line(),
        title: data.get("title").line().unwrap_or_default(),
        link: data.get("link").link(),
        rollout,
        ..ChangeReport::new(kind)
    }
}

/// flagd tells which flags changed, and not how.
fn flagd(data: Piece<'_>) -> ChangeReport {
    const NAMED: usize = 5;
    let flags: Vec<&str> = data.get("flags").names().collect();
    let named = flags.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match flags.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let said =
        if flags.is_empty() { "flags changed".to_owned() } else { format!("flags changed: {named}{more}") };
    ChangeReport { title: mask::line(&said), ..ChangeReport::new(ChangeKind::Flag) }
}

/// What the words of a type say: `com.shop.deployment.finished`.
fn guessed(what: &str) -> Option<ChangeKind> {
    const WORDS: [(&str, ChangeKind); 7] = [
        ("rollback", ChangeKind::Rollback),
        ("rolledback", ChangeKind::Rollback),
        ("canary", ChangeKind::Canary),
        ("deploy", ChangeKind::Deploy),
        ("release", ChangeKind::Release),
        ("flag", ChangeKind::Flag),
        ("config", ChangeKind::Config),
    ];
    let what = what.to_ascii_lowercase();
    WORDS.into_iter().find(|(word, _)| what.contains(word)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(headers: &[(&'static str, &'static str)], body: &Value) -> Result<Told, String> {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| _ = map.insert(*name, value.parse().unwrap()));
        read(&map, &body.to_string())
    }

    fn changes(told: Result<Told, String>) -> Vec<ChangeReport> {
        match told {
            Ok(Told::Changes(changes)) => changes,
            other => panic!("{other:?}"),
        }
    }

    fn envelope(kind: &str, data: &Value) -> Value {
        json!({"specversion": "1.0", "id": "7", "source": "/ci", "type": kind, "time": "2026-11-23T12:00:00Z", "data": data})
    }

    #[test]
    fn an_event_means_the_same_structured_in_a_batch_and_binary() {
        let data = json!({"kind": "deploy", "service": "checkout", "version": "v1.2", "phase": "started"});
        let structured = envelope("com.shop.pipeline", &data);
        let one = changes(heard(&[], &structured));
        assert_eq!(one[0].id.as_deref(), Some("/ci/7"));
        assert_eq!(
            (one[0].phase, one[0].at.unwrap().to_string()),
            (Phase::Started, "2026-11-23T12:00:00.000Z".into())
        );
        assert_eq!(changes(heard(&[], &json!([structured]))), one);
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-source", "/ci"),
            ("ce-type", "com.shop.pipeline"),
            ("ce-time", "2026-11-23T12:00:00Z"),
        ];
        assert_eq!(changes(heard(&headers, &data)), one);
    }

    #[test]
    fn a_cdevent_may_come_in_an_envelope_or_without() {
        let event = json!({
            "context": {"id": "27", "source": "/ci", "type": "dev.cdevents.service.rolledback.0.2.0", "timestamp": "2026-11-23T12:00:00Z"},
            "subject": {"id": "/shop/checkout", "content": {"environment": {"id": "production"}, "artifactId": "pkg:oci/checkout@v1.1?arch=x"}}
        });
        let bare = changes(heard(&[], &event));
        assert_eq!(changes(heard(&[], &envelope("dev.cdevents.service.rolledback.0.2.0", &event))), bare);
        assert_eq!((bare[0].kind, bare[0].service.as_deref()), (ChangeKind::Rollback, Some("checkout")));
        assert_eq!(
            (bare[0].environment.as_deref(), bare[0].version.as_deref()),
            (Some("production"), Some("v1.1"))
        );
    }

    #[test]
    fn flagd_names_the_flags_and_a_type_may_tell_the_kind() {
        let flags =
            changes(heard(&[], &envelope("configuration_change", &json!({"flags": {"a": {}, "b": {}}}))));
        assert_eq!((flags[0].kind, &*flags[0].title), (ChangeKind::Flag, "flags changed: a, b"));
        let guess =
            changes(heard(&[], &envelope("com.shop.deployment.finished", &json!({"service": "cart"}))));
        assert_eq!((guess[0].kind, guess[0].service.as_deref()), (ChangeKind::Deploy, Some("cart")));
    }

    #[test]
    fn of_a_batch_what_is_known_is_taken_and_what_is_no_event_says_why() {
        let known = envelope("com.shop.rollback", &json!({}));
        let odd = envelope("com.shop.lunch", &json!({}));
        assert_eq!(changes(heard(&[], &json!([odd, known]))).len(), 1);
        assert!(heard(&[], &odd).unwrap_err().contains("com.shop.lunch"));
        for body in [json!({}), json!(1), json!([1]), json!({"specversion": "1.0"})] {
            assert!(heard(&[], &body).is_err(), "{body}");
        }
        assert!(matches!(heard(&[], &json!([])), Ok(Told::Nothing(_))));
    }
}
