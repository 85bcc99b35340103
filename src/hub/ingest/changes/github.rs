//! `POST /hooks/github`: deployments, what became of them, and releases.

use axum::http::HeaderMap;
use serde_json::Value;

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport, Phase};
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it is none of GitHub's, or says less of a deployment than it must.
pub fn read(headers: &HeaderMap, body: &str) -> Result<Told, String> {
    let event = headers.get("x-github-event").and_then(|event| event.to_str().ok());
    let event = event.ok_or("the header X-GitHub-Event is missing; is it GitHub that sends here?")?;
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let piece = Piece::of(&value);
    match event {
        "deployment" => match piece.get("action").word() {
            None | Some("created") => deployment(piece).map(Told::change),
            Some(_) => Ok(Told::Nothing("a deployment was not created but touched")),
        },
        "deployment_status" => status(piece),
        "release" => match piece.get("action").word() {
            Some("published") => release(piece).map(Told::change),
            // One release is announced under several actions; this one comes once, when everybody sees it.
            Some(_) => Ok(Told::Nothing("a release counts when it is published")),
            None => Err("a release without its action".to_owned()),
        },
        "ping" => Ok(Told::Nothing("GitHub asked whether somebody is here")),
        _ => Ok(Told::Nothing("only deployments and releases change what runs")),
    }
}

fn deployment(piece: Piece<'_>) -> Result<ChangeReport, String> {
    let deployment = piece.get("deployment");
    let id = deployment.get("id").line().ok_or("a deployment without an id")?;
    let is_rollback = deployment.get("task").word().is_some_and(|task| task.contains("rollback"));
    let kind = if is_rollback { ChangeKind::Rollback } else { ChangeKind::Deploy };
    let repository = piece.get("repository");
    let page = repository.get("html_url").link().map(|page| Line::clean(&format!("{page}/deployments")));
    let created = deployment.get("created_at").time();
    Ok(ChangeReport {
        id: Some(Line::clean(&format!("deployment-{id}"))),
        phase: Phase::Started,
        at: created,
        began_at: created,
        service: deployment.get("payload").get("service").or(repository.get("name")).line(),
        environment: deployment.get("environment").line(),
        version: version(deployment),
        by: deployment.get("creator").get("login").line(),
        link: page,
        ..ChangeReport::new(kind)
    })
}

/// A tag as it is; of a branch also the commit, because the branch alone goes on.
fn version(deployment: Piece<'_>) -> Option<Line> {
    let short = |sha: &str| sha.get(..7).map(str::to_owned);
    let sha = deployment.get("sha").word();
    let named = deployment.get("ref").word();
    match (named, sha) {
        (Some(named), Some(sha)) if sha.starts_with(named) && named.len() >= 7 => {
            short(sha).map(|sha| Line::clean(&sha))
        }
        (Some(named), Some(sha)) if !is_tag(named) => {
            Some(Line::clean(&format!("{named}@{}", short(sha).unwrap_or_default())))
        }
        (_, _) => deployment.get("ref").or(deployment.get("sha")).line(),
    }
}

fn is_tag(named: &str) -> bool {
    named.trim_start_matches("refs/tags/").trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
}

fn status(piece: Piece<'_>) -> Result<Told, String> {
    let status = piece.get("deployment_status");
    let phase = match status.get("state").word() {
        Some("pending" | "queued" | "in_progress" | "waiting") => Phase::Started,
        Some("success") => Phase::Succeeded,
        Some("failure" | "error") => Phase::Failed,
        Some("inactive") => return Ok(Told::Nothing("another deployment has taken its place")),
        Some(other) => return Err(format!("a deployment's state “{other}” that is not known here")),
        None => return Err("a deployment's status without a state".to_owned()),
    };
    let created = deployment(piece)?;
    Ok(Told::change(ChangeReport {
        phase,
        at: status.get("updated_at").or(status.get("created_at")).time(),
        link: status.get("target_url").or(status.get("log_url")).link().or(created.link),
        ..created
    }))
}

fn release(piece: Piece<'_>) -> Result<ChangeReport, String> {
    let release = piece.get("release");
    let id = release.get("id").line().ok_or("a release without an id")?;
    Ok(ChangeReport {
        id: Some(Line::clean(&format!("release-{id}"))),
        at: release.get("published_at").or(release.get("created_at")).time(),
        service: piece.get("repository").get("name").line(),
        version: release.get("tag_name").line(),
        by: release.get("author").get("login").line(),
        link: release.get("html_url").link(),
        ..ChangeReport::new(ChangeKind::Release)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(event: &'static str, body: &Value) -> Result<Told, String> {
        let headers = HeaderMap::from_iter([("x-github-event".parse().unwrap(), event.parse().unwrap())]);
        read(&headers, &body.to_string())
    }

    fn body(state: &str) -> Value {
        json!({
            "action": "created",
            "deployment": {"id": 17, "task": "deploy", "ref": "main", "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
                "environment": "production", "created_at": "2026-11-23T12:00:00Z", "creator": {"login": "ana"}, "payload": {}},
            "deployment_status": {"state": state, "updated_at": "2026-11-23T12:03:00Z", "target_url": ""},
            "repository": {"name": "checkout", "html_url": "https://github.com/shop/checkout"}
        })
    }

    #[test]
    fn a_status_alone_tells_when_the_deployment_began_and_how_it_ended() {
        for (state, phase) in [
            ("queued", Phase::Started),
            ("in_progress", Phase::Started),
            ("success", Phase::Succeeded),
            ("failure", Phase::Failed),
            ("error", Phase::Failed),
        ] {
            let Ok(Told::Changes(changes)) = heard("deployment_status", &body(state)) else {
                panic!("{state}")
            };
            let [change] = changes.as_slice() else { panic!("{state}") };
            assert_eq!((change.phase, change.version.as_deref()), (phase, Some("main@f95f852")), "{state}");
            assert_eq!(change.began_at.unwrap().to_string(), "2026-11-23T12:00:00.000Z");
            assert_eq!(change.at.unwrap().to_string(), "2026-11-23T12:03:00.000Z");
            assert_eq!(change.link.as_deref(), Some("https://github.com/shop/checkout/deployments"));
        }
        assert!(matches!(heard("deployment_status", &body("inactive")), Ok(Told::Nothing(_))));
        assert!(heard("deployment_status", &body("on fire")).unwrap_err().contains("on fire"));
    }

    #[test]
    fn a_rollback_says_so_and_a_pipeline_may_name_the_service() {
        let mut body = body("success");
        body["deployment"]["task"] = json!("deploy:rollback");
        body["deployment"]["payload"] = json!({"service": "cart"});
        body["deployment"]["ref"] = json!("v1.2.3");
        let Ok(Told::Changes(changes)) = heard("deployment", &body) else { panic!() };
        assert_eq!(changes[0].kind, ChangeKind::Rollback);
        assert_eq!(
            (changes[0].service.as_deref(), changes[0].version.as_deref()),
            (Some("cart"), Some("v1.2.3"))
        );
    }

    #[test]
    fn what_github_does_not_send_is_not_understood_and_what_changes_nothing_is_nothing() {
        assert!(read(&HeaderMap::new(), "{}").unwrap_err().contains("X-GitHub-Event"));
        assert!(heard("deployment", &json!({})).is_err() && heard("release", &json!({})).is_err());
        for event in ["ping", "push", "workflow_run", "made_up_later"] {
            assert!(matches!(heard(event, &json!({})), Ok(Told::Nothing(_))), "{event}");
        }
    }
}
