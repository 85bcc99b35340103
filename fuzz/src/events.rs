//! Any entries, over so few names and numbers that they meet.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use serde_json::{Value, json};
use warroom::domain::event::Entry;

use crate::NOW;

/// Entries from 1 on, without gaps.
pub fn journal(bytes: &mut Unstructured<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    while !bytes.is_empty() && entries.len() < 200 {
        let Ok(entry) = entry(bytes, entries.len() as u64 + 1) else { break };
        entries.push(entry);
    }
    entries
}

fn entry(u: &mut Unstructured<'_>, seq: u64) -> Result<Entry> {
    let mut entry = json!({
        "seq": seq,
        "id": format!("00000000-0000-4000-8000-{seq:012}"),
        "at": time(u)?,
        "actor": u.choose(&[r#"{"person":"ana"}"#, r#"{"person":"bo"}"#, r#"{"integration":"prom"}"#, r#""hub""#])?
            .parse::<Value>().expect("an actor"),
        "event": event(u)?,
    });
    if u.ratio(9, 10)? {
        entry["incident"] = incident(u)?;
    }
    Ok(serde_json::from_value(entry).expect("every template is an entry"))
}

fn time(u: &mut Unstructured<'_>) -> Result<Value> {
    let moved = match u.int_in_range(0..=9_u8)? {
        0 => return Ok(json!(*u.choose(&["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])?)),
        _ => i64::from(u.arbitrary::<i16>()?),
    };
    Ok(json!(warroom::domain::time::Timestamp::from_millis(NOW + moved * 1000).to_string()))
}

fn incident(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["INC-1", "INC-1", "INC-1", "INC-2", "INC-2", "INC-3", "INC-4294967295"])?))
}

fn handle(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["ana", "bo", "cy"])?))
}

fn line(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&[
        "",
        "checkout",
        "a\u{1b}[31m",
        "https://a.example/b",
        "two\nlines",
        "\u{202e}x"
    ])?))
}

fn status(u: &mut Unstructured<'_>) -> Result<Value> {
    let all = [
        "triggered",
        "investigating",
        "identified",
        "monitoring",
        "resolved",
        "closed",
        "merged",
        "cancelled",
    ];
    Ok(json!(*u.choose(&all)?))
}

fn milestone(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["impact_started", "detected", "acknowledged", "mitigated", "resolved"])?))
}

fn task(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["T-1", "T-2", "T-3", "T-4294967295"])?))
}

fn comms(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["C-1", "C-2", "C-4294967295"])?))
}

fn slug(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["commander", "comms", "mail", "hook"])?))
}

fn fingerprint(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(format!("{:016x}", u.int_in_range(1..=5_u8)?)))
}

fn note(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(u.int_in_range(0..=20_u64)?))
}

fn change(u: &mut Unstructured<'_>) -> Result<Value> {
    if u.arbitrary()? {
        let (fingerprint, ended_at) = (fingerprint(u)?, time(u)?);
        return Ok(json!({"resolved": {"fingerprint": fingerprint, "name": "A", "ended_at": ended_at}}));
    }
    let mut alert = json!({
        "fingerprint": fingerprint(u)?, "name": "A", "labels": {"alertname": "A", "service": line(u)?},
        "source": "prom", "started_at": time(u)?,
    });
    if u.ratio(1, 4)? {
        alert["ended_at"] = time(u)?;
    }
    Ok(json!({"fired": alert}))
}

fn change_id(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(*u.choose(&["ci:1", "ci:2", "cd:1"])?))
}

fn heard(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut change = json!({
        "id": change_id(u)?, "source": "ci", "at": time(u)?, "phase_at": time(u)?, "title": line(u)?,
        "kind": u.choose(&["deploy", "rollback", "flag", "canary", "config", "release", "infra"])?,
        "phase": u.choose(&["started", "succeeded", "failed"])?,
    });
    if u.arbitrary()? {
        change["service"] = line(u)?;
        let percent = u.int_in_range(0..=100_u8)?;
        change["rollout"] =
            json!({"stages": [{"name": line(u)?, "percent": percent, "at": time(u)?, "last_at": time(u)?}]});
    }
    Ok(change)
}

fn several(u: &mut Unstructured<'_>, one: fn(&mut Unstructured<'_>) -> Result<Value>) -> Result<Value> {
    let many = u.int_in_range(0..=4)?;
    (0..many).map(|_| one(u)).collect::<Result<Vec<_>>>().map(Value::from)
}

fn event(u: &mut Unstructured<'_>) -> Result<Value> {
    let sev = |u: &mut Unstructured<'_>| u.choose(&["SEV0", "SEV1", "SEV2", "SEV3"]).copied();
    Ok(match u.int_in_range(0..=41_u8)? {
        0..=3 => {
            json!({"type": "incident.declared", "title": line(u)?, "severity": sev(u)?, "drill": u.arbitrary::<bool>()?,
            "group": line(u)?, "impact_started": time(u)?})
        }
        4 => json!({"type": "incident.acknowledged"}),
        5 => json!({"type": "incident.unacknowledged"}),
        6 | 7 => json!({"type": "incident.status_changed", "from": status(u)?, "to": status(u)?}),
        8 => json!({"type": "incident.severity_changed", "from": sev(u)?, "to": sev(u)?}),
        9 => json!({"type": "incident.title_changed", "title": line(u)?}),
        10 => json!({"type": "incident.summary_changed", "summary": line(u)?}),
        11 => json!({"type": "incident.milestone_set", "milestone": milestone(u)?, "time": time(u)?}),
        12 => json!({"type": "incident.milestone_set", "milestone": milestone(u)?}),
        13 => json!({"type": "incident.reopened", "reason": line(u)?}),
        14 => json!({"type": "incident.cancelled", "reason": line(u)?}),
        15 => json!({"type": "incident.merged", "into": incident(u)?}),
        16 => json!({"type": "incident.absorbed", "from": incident(u)?}),
        17 => json!({"type": "incident.linked", "link": {"title": line(u)?, "url": line(u)?}}),
        18 | 19 => json!({"type": "alerts.reported", "changes": several(u, change)?}),
        20 => json!({"type": "alerts.attached", "fingerprints": several(u, fingerprint)?}),
        21 => json!({"type": "role.assigned", "role": slug(u)?, "to": handle(u)?}),
        22 => json!({"type": "role.vacated", "role": slug(u)?, "by": handle(u)?}),
        23 => json!({"type": "responder.joined", "handle": handle(u)?}),
        24 => json!({"type": "responder.released", "handle": handle(u)?}),
        25 => {
            json!({"type": "task.added", "task": task(u)?, "title": line(u)?, "owner": handle(u)?, "stage": status(u)?,
            "required": u.arbitrary::<bool>()?, "due": time(u)?})
        }
        26 => json!({"type": "task.assigned", "task": task(u)?, "to": handle(u)?}),
        27 => {
            json!({"type": u.choose(&["task.accepted", "task.completed", "task.reopened"])?, "task": task(u)?})
        }
        28 => json!({"type": "note.added", "text": line(u)?}),
        29 => json!({"type": u.choose(&["note.pinned", "note.unpinned"])?, "note": note(u)?}),
        30 => json!({"type": "note.corrected", "note": note(u)?, "text": line(u)?}),
        31 => {
            json!({"type": "comms.drafted", "comms": comms(u)?, "message": {"audience": slug(u)?, "subject": line(u)?,
            "body": line(u)?, "next_update_at": time(u)?}})
        }
        32 => json!({"type": "comms.discarded", "comms": comms(u)?}),
        33 | 34 => json!({"type": "comms.published", "comms": comms(u)?, "destinations": several(u, slug)?}),
        35 => {
            json!({"type": u.choose(&["comms.attempted", "comms.deferred", "comms.delivered", "comms.failed",
            "comms.uncertain"])?, "comms": comms(u)?, "destination": slug(u)?, "detail": line(u)?})
        }
        36 => json!({"type": "comms.settled", "comms": comms(u)?, "destination": slug(u)?,
            "verdict": u.choose(&["arrived", "send_again", "abandon"])?}),
        37 => {
            json!({"type": "comms.dropped", "comms": comms(u)?, "destination": slug(u)?, "detail": line(u)?})
        }
        38 => json!({"type": "changes.recorded", "changes": several(u, heard)?}),
        39 => {
            json!({"type": "change.marked", "change": change_id(u)?, "title": line(u)?, "reason": line(u)?,
            "mark": u.choose(&["suspect", "held", "rolled_back", "cleared"])?})
        }
        40 => json!({"type": "change.marked", "change": change_id(u)?, "title": line(u)?}),
        _ => json!({"type": line(u)?, "from": "a newer hub"}),
    })
}
