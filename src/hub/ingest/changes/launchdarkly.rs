//! `POST /hooks/launchdarkly`: entries of its audit log. A flag, a segment that flags aim at, or an environment changed;
//! members, metrics and projects change nothing that runs. They come in no particular order, each with its own time.

use serde_json::Value;

use super::Told;
use super::piece::Piece;
use crate::domain::change::{ChangeKind, ChangeReport};
use crate::domain::text::Line;

/// What a delivery comes to.
///
/// # Errors
///
/// When it is no entry of an audit log.
pub fn read(body: &str) -> Result<Told, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let piece = Piece::of(&value);
    let what = piece.get("kind").word().ok_or("an entry of the audit log has a `kind`, and this has none")?;
    let kind = match what {
        "flag" | "segment" => ChangeKind::Flag,
        "environment" => ChangeKind::Config,
        _ => return Ok(Told::Nothing("only flags, segments and environments change what runs")),
    };
    let id = piece.get("_id").line().ok_or("an entry of the audit log without `_id`")?;
    let member = piece.get("member");
    let said = piece.get("title").get("plainText").or(piece.get("title")).line();
    Ok(Told::change(ChangeReport {
        id: Some(id),
        at: piece.get("date").time().or_else(|| piece.get("timestamp").get("milliseconds").time()),
        service: service(piece),
        environment: environment(piece),
        by: member.get("displayName").or(member.get("email")).or(piece.get("token").get("name")).line(),
        title: said.unwrap_or_else(|| {
            let verb = piece.get("titleVerb").word().unwrap_or("changed");
            let name = piece.get("name").or(piece.get("key")).word().unwrap_or_default();
            Line::clean(&format!("{what} {name}: {verb}"))
        }),
        link: piece.get("_links").get("site").get("href").link(),
        ..ChangeReport::new(kind)
    }))
}

/// A flag has no service, unless its tags say so: `service:checkout`.
fn service(piece: Piece<'_>) -> Option<Line> {
    let tagged = piece.get("tags").each().find_map(|tag| tag.word()?.strip_prefix("service:"));
    tagged.map(crate::domain::mask::line)
}

/// The one environment that it is about, by its key or else by the resource; all of them are none.
fn environment(piece: Piece<'_>) -> Option<Line> {
    let is_one = |key: &&str| !matches!(*key, "~" | "*");
    let named = piece.get("project").get("environment").get("key").word();
    let resource = || {
        let mut accesses = piece.get("accesses").each();
        accesses.find_map(|access| {
            let resource = access.get("resource").word()?;
            resource.split(':').find_map(|part| part.strip_prefix("env/"))?.split(';').next()
        })
    };
    named.or_else(resource).filter(is_one).map(crate::domain::mask::line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(body: &Value) -> ChangeReport {
        let Ok(Told::Changes(changes)) = read(&body.to_string()) else { panic!("{body}") };
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        change.clone()
    }

    /// As its webhook sends it: the audit log's own entry.
    #[test]
    fn an_entry_of_the_audit_log_names_its_environment_in_the_resource() {
        let change = heard(&json!({
            "_id": "5e38bf6706121d8aaf15392a", "date": 1_580_777_319_650_i64, "kind": "flag", "name": "New cart",
            "accesses": [{"action": "updateOn", "resource": "proj/shop:env/production:flag/new-cart;tag,x"}],
            "titleVerb": "turned on the flag", "title": "[ana](mailto:a@shop.example) turned on the flag",
            "member": {"email": "a@shop.example"}, "tags": ["beta", "service:cart"],
            "_links": {"site": {"href": "/shop/production/features/new-cart"}}
        }));
        assert_eq!(change.environment.as_deref(), Some("production"));
        assert_eq!(change.service.as_deref(), Some("cart"));
        assert_eq!(change.at.unwrap().to_string(), "2020-02-04T00:48:39.650Z");
        assert_eq!((change.by.as_deref(), change.link), (Some("a@shop.example"), None));
    }

    #[test]
    fn what_is_about_all_environments_names_none_and_people_are_no_change() {
        let flag = json!({"_id": "1", "kind": "flag", "name": "x", "project": {"environment": {"key": "~"}}});
        assert_eq!(heard(&flag).environment, None);
        assert_eq!(&*heard(&flag).title, "flag x: changed");
        assert!(matches!(read(r#"{"_id":"1","kind":"member"}"#), Ok(Told::Nothing(_))));
        for body in ["{}", "[]", r#"{"kind":"flag"}"#] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
