//! `POST /hooks/flagger`: what Flagger posts to a webhook of the type `event`, stage by stage of a canary.

use serde_json::Value;

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport, Percent, Phase, StageReport};
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it is none of Flagger's.
pub fn read(body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let piece = Piece::of(&value);
    let name = piece.get("name").word().ok_or("a canary without a name")?;
    let said = piece.get("phase").word().ok_or("a canary without a phase")?;
    let phase = match said {
        "Initializing" | "Waiting" | "Progressing" | "WaitingPromotion" | "Promoting" | "Finalising" => {
            Phase::Started
        }
        "Succeeded" => Phase::Succeeded,
        "Failed" => Phase::Failed,
        "Initialized" | "Terminating" | "Terminated" => {
            return Ok(Told::Nothing("nothing is being rolled out"));
        }
        other => return Err(format!("a canary's phase “{other}” that is not known here")),
    };
    let (namespace, metadata) = (piece.get("namespace").word().unwrap_or("default"), piece.get("metadata"));
    let checksum = piece.get("checksum").word().unwrap_or_default();
    let message = metadata.get("eventMessage");
    let percent = piece.get("canaryWeight").percent().or_else(|| message.word().and_then(weight));
    let is_warning = metadata.get("eventType").word() == Some("Warning");
    let verdict = message.line().filter(|_| is_warning || phase == Phase::Failed);
    Ok(Told::change(ChangeReport {
        id: Some(Line::clean(&format!("{namespace}.{name}.{checksum}"))),
        phase,
        at: metadata.get("timestamp").time(),
        service: piece.get("name").line(),
        environment: metadata.get("environment").line(),
        title: crate::domain::mask::line(&format!("{name}.{namespace}")),
        rollout: Some(StageReport { name: Line::clean(said), percent, verdict }),
        ..ChangeReport::new(ChangeKind::Canary)
    }))
}

/// `Advance podinfo.test canary weight 20`.
fn weight(message: &str) -> Option<Percent> {
    let (_, behind) = message.split_once("canary weight ")?;
    behind.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(phase: &str, message: &str, kind: &str) -> ChangeReport {
        let body = serde_json::json!({
            "name": "podinfo", "namespace": "test", "phase": phase, "checksum": "85d557f47b",
            "metadata": {"eventMessage": message, "eventType": kind, "timestamp": "1578607635167", "environment": "production"}
        });
        let Ok(Told::Changes(changes)) = read(&body.to_string()) else { panic!("{body}") };
        changes[0].clone()
    }

    #[test]
    fn the_stages_of_a_canary_are_one_change_with_its_weight_and_the_words_of_what_failed() {
        let advance = heard("Progressing", "Advance podinfo.test canary weight 20", "Normal");
        let failed = heard("Failed", "Canary failed! Scaling down podinfo.test", "Warning");
        assert_eq!(advance.id, failed.id);
        assert_eq!(advance.at.unwrap().to_string(), "2020-01-09T22:07:15.167Z");
        let (rollout, end) = (advance.rollout.unwrap(), failed.rollout.unwrap());
        assert_eq!((rollout.percent.unwrap().get(), rollout.verdict), (20, None));
        assert_eq!(end.verdict.as_deref(), Some("Canary failed! Scaling down podinfo.test"));
        assert_eq!((failed.phase, failed.environment.as_deref()), (Phase::Failed, Some("production")));
    }

    #[test]
    fn a_canary_at_rest_is_no_change_and_a_phase_of_a_newer_flagger_is_set_aside() {
        assert!(matches!(read(r#"{"name":"a","phase":"Initialized"}"#), Ok(Told::Nothing(_))));
        assert!(read(r#"{"name":"a","phase":"Dancing"}"#).unwrap_err().contains("Dancing"));
        assert!(read("{}").is_err());
    }
}
