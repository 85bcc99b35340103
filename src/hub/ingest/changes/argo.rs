//! `POST /hooks/argo`: Argo Rollouts and Argo CD have no body of their own but templates, so here is the one that they are
//! given in docs/changes.md. What a template does not find comes as `<no value>`, and counts as nothing.

use serde_json::Value;

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport, Phase, StageReport};
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it was not made by our template.
pub fn read(body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let piece = Piece::of(&value);
    let template = "the template of docs/changes.md gives one";
    let kind = match piece.get("kind").word() {
        Some("rollout") => ChangeKind::Canary,
        Some("app") => ChangeKind::Deploy,
        Some(_) | None => return Err(format!("`kind` is neither “rollout” nor “app”; {template}")),
    };
    let name = piece.get("name").word().ok_or_else(|| format!("`name` is missing; {template}"))?;
    let phase = match piece.get("phase").word() {
        Some("Progressing" | "Paused" | "Running" | "Terminating") => Phase::Started,
        Some("Healthy" | "Succeeded") => Phase::Succeeded,
        Some("Degraded" | "Failed" | "Error") => Phase::Failed,
        Some(other) => return Err(format!("a phase “{other}” that is not known here")),
        None => return Err(format!("`phase` is missing; {template}")),
    };
    let namespace = piece.get("namespace").word().unwrap_or("default");
    let revision = piece.get("revision").word().unwrap_or_default();
    let step = piece.get("step").line().map(|step| Line::clean(&format!("step {step}")));
    let (percent, verdict) = (piece.get("weight").percent(), piece.get("message").line());
    let is_staged = step.is_some() || percent.is_some() || verdict.is_some();
    Ok(Told::change(ChangeReport {
        id: Some(Line::clean(&format!("{namespace}.{name}.{revision}"))),
        phase,
        at: piece.get("at").time(),
        began_at: piece.get("began_at").time(),
        service: piece.get("service").or(piece.get("name")).line(),
        environment: piece.get("environment").line(),
        version: piece.get("version").or(piece.get("revision")).line(),
        by: piece.get("by").line(),
        title: crate::domain::mask::line(&format!("{name}.{namespace}")),
        link: piece.get("link").link(),
        rollout: is_staged.then(|| StageReport { name: step.unwrap_or_default(), percent, verdict }),
        ..ChangeReport::new(kind)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_gives_a_canary_with_its_step_and_leaves_out_what_there_is_not() {
        let body = r#"{"kind":"rollout","name":"checkout","namespace":"shop","phase":"Paused","revision":"6cf78c66c5",
            "version":"<no value>","step":"2","weight":"25","message":"CanaryPauseStep","at":"","environment":"production"}"#;
        let Ok(Told::Changes(changes)) = read(body) else { panic!() };
        let rollout = changes[0].rollout.clone().unwrap();
        assert_eq!((&*rollout.name, rollout.percent.unwrap().get()), ("step 2", 25));
        assert_eq!((changes[0].kind, changes[0].phase), (ChangeKind::Canary, Phase::Started));
        assert_eq!(changes[0].version.as_deref(), Some("6cf78c66c5"));
    }

    #[test]
    fn another_template_is_told_where_ours_is() {
        for body in ["{}", r#"{"kind":"app"}"#, r#"{"kind":"app","name":"a"}"#, r#"{"text":"synced"}"#] {
            assert!(read(body).unwrap_err().contains("docs/changes.md"), "{body}");
        }
        assert!(read(r#"{"kind":"app","name":"a","phase":"Odd"}"#).unwrap_err().contains("Odd"));
    }
}
