//! `POST /hooks/unleash`: the events of its webhook integration, with the body that it sends of itself. A template of one's
//! own can make anything of that body; then nothing here knows it again.

use serde_json::Value;

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport, StageReport};
use crate::domain::mask;
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it is no event of Unleash's.
pub fn read(body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let piece = Piece::of(&value);
    let what = piece
        .get("type")
        .word()
        .ok_or("an event has a `type`, and this has none; is there a body template?")?;
    let (about, verb) = match what.split_once('-') {
        Some(("feature", verb)) => ("flag", verb),
        Some(("segment", verb)) => ("segment", verb),
        _ => return Ok(Told::Nothing("only features and segments change what runs")),
    };
    let id = piece.get("id").line().ok_or("an event without an id")?;
    let named =
        piece.get("featureName").or(piece.get("data").get("name")).or(piece.get("preData").get("name"));
    let done = match verb {
        "environment-enabled" => "turned on".to_owned(),
        "environment-disabled" => "turned off".to_owned(),
        other => other.replace('-', " "),
    };
    Ok(Told::change(ChangeReport {
        id: Some(Line::clean(&format!("event-{id}"))),
        at: piece.get("createdAt").time(),
        service: service(piece),
        environment: piece.get("environment").line(),
        by: piece.get("createdBy").line(),
        title: mask::line(&format!("{about} {}: {done}", named.word().unwrap_or("(unnamed)"))),
        rollout: rollout(piece.get("data")),
        ..ChangeReport::new(ChangeKind::Flag)
    }))
}

/// A feature has no service, unless one of its tags is of the type `service`.
fn service(piece: Piece<'_>) -> Option<Line> {
    let tag = piece.get("tags").each().find(|tag| tag.get("type").word() == Some("service"));
    tag.and_then(|tag| tag.get("value").line())
}

/// The strategy, where it is one for a part of the users.
fn rollout(strategy: Piece<'_>) -> Option<StageReport> {
    let percent = strategy.get("parameters").get("rollout").percent();
    let name = strategy.get("title").or(strategy.get("name")).line().unwrap_or_default();
    percent.map(|percent| StageReport { name, percent: Some(percent), verdict: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_for_some_of_the_users_says_for_how_many() {
        let body = r#"{"id":8,"type":"feature-strategy-add","createdBy":"ana","createdAt":"2026-11-22T07:44:11.782Z",
            "data":{"name":"flexibleRollout","parameters":{"rollout":"50"}},"tags":[{"type":"service","value":"cart"}],
            "featureName":"checkout-v2","environment":"production"}"#;
        let Ok(Told::Changes(changes)) = read(body) else { panic!() };
        assert_eq!(&*changes[0].title, "flag checkout-v2: strategy add");
        assert_eq!(changes[0].rollout.as_ref().unwrap().percent.unwrap().get(), 50);
        assert_eq!(changes[0].service.as_deref(), Some("cart"));
    }

    #[test]
    fn users_are_no_change_and_a_body_of_ones_own_is_not_understood() {
        assert!(matches!(read(r#"{"id":1,"type":"user-created"}"#), Ok(Told::Nothing(_))));
        assert!(read(r#"{"text":"checkout-v2 was enabled"}"#).unwrap_err().contains("template"));
    }
}
