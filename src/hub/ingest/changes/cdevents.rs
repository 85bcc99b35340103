//! CDEvents: what continuous delivery tools agreed to say. Services and environments changed; builds, tests, merges and
//! other people's incidents change nothing that runs.

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport};
use crate::domain::mask;
use crate::domain::text::Line;

/// What an event comes to; none where it is no CDEvent.
pub(super) fn read(event: Piece<'_>) -> Option<Result<Told, String>> {
    let context = event.get("context");
    // `dev.cdevents.SUBJECT.PREDICATE.MAJOR.MINOR.PATCH`
    let words = context.get("type").word()?.strip_prefix("dev.cdevents.")?;
    let mut words = words.split('.');
    let (subject, predicate) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let kind = match (subject, predicate) {
        ("service", "deployed" | "upgraded" | "published") => ChangeKind::Deploy,
        ("service", "rolledback") => ChangeKind::Rollback,
        ("service", "removed") | ("environment", _) => ChangeKind::Infra,
        (_, _) => return Some(Ok(Told::Nothing("only services and environments change what runs"))),
    };
    let told = report(event, kind, subject, predicate).map(Told::change);
    Some(told.ok_or_else(|| "a CDEvent without an id, a source or a subject".to_owned()))
}

fn report(event: Piece<'_>, kind: ChangeKind, about: &str, done: &str) -> Option<ChangeReport> {
    let (context, subject) = (event.get("context"), event.get("subject"));
    let (source, id) = (context.get("source").word()?, context.get("id").word()?);
    let name = last(subject.get("id").word()?);
    let content = subject.get("content");
    let environment = match about {
        "environment" => content.get("name").or(subject.get("id")).line(),
        _ => content.get("environment").get("id").word().map(|id| mask::line(last(id))),
    };
    Some(ChangeReport {
        id: Some(Line::clean(&format!("{source}/{id}"))),
        at: context.get("timestamp").time(),
        service: (about == "service").then(|| mask::line(name)),
        environment,
        version: content.get("artifactId").word().and_then(version),
        title: mask::line(&format!("{about} {name} {done}")),
        link: content.get("uri").or(content.get("url")).link(),
        ..ChangeReport::new(kind)
    })
}

/// Ids are often paths; people know the last of it.
fn last(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

/// The version in a package URL, `pkg:oci/app@sha256%3A0b31…`; a digest only as far as people compare it.
fn version(purl: &str) -> Option<Line> {
    let (_, behind) = purl.rsplit_once('@')?;
    let version =
        behind.split(['?', '#']).next()?.replace("%3A", ":").replace("%3a", ":").replace("%2B", "+");
    let version = match version.split_once(':') {
        Some((method, digest)) => format!("{method}:{}", digest.get(..12).unwrap_or(digest)),
        None => version,
    };
    (!version.is_empty()).then(|| mask::line(&version))
}
