//! Accepted means in the journal, once, where the reply said; and the journal has no hole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::evidence::Evidence;

/// The driver's id that an entry carries out, where it is the entry of a command or of alerts.
fn ids(entry: &Value) -> Vec<String> {
    let event = &entry["event"];
    let first_word = |text: &Value| {
        let word = text.as_str().and_then(|text| text.split(' ').next());
        word.filter(|word| word.starts_with("id-")).map(str::to_owned)
    };
    match event["type"].as_str() {
        Some("note.added") => first_word(&event["text"]).into_iter().collect(),
        Some("incident.declared") => first_word(&event["title"]).into_iter().collect(),
        Some("comms.drafted") => first_word(&event["message"]["subject"]).into_iter().collect(),
        Some("alerts.reported") => {
            let changes = event["changes"].as_array().into_iter().flatten();
            changes.filter_map(|change| first_word(&fired(change)?["labels"]["instance"])).collect()
        }
        _ => Vec::new(),
    }
}

fn fired(change: &Value) -> Option<&Value> {
    change.get("fired").or_else(|| (change["change"] == "fired").then_some(change))
}

pub fn accepted_once(evidence: &Evidence) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (seq, json) in &evidence.journal {
        let entry: Value = serde_json::from_str(json).unwrap();
        ids(&entry).into_iter().for_each(|id| places.entry(id).or_default().push(*seq));
    }
    let doubled = places.iter().filter(|(_, seqs)| seqs.len() > 1);
    let doubled = doubled.map(|(id, seqs)| format!("{id} is in the journal more than once: {seqs:?}"));
    let mut wrong: Vec<String> = doubled.collect();
    for (id, told) in &evidence.replies.accepted {
        match (places.get(id).and_then(|seqs| seqs.first()), told) {
            (None, _) => wrong.push(format!("{id} was accepted as {told:?} and is not in the journal")),
            // A command can make several entries: the reply names its last.
            (Some(found), Some(told)) if found > told || told - found > 3 => {
                wrong.push(format!("{id} was accepted as {told} and is entry {found}"));
            }
            (Some(_), _) => {}
        }
    }
    wrong
}

pub fn gapless(evidence: &Evidence) -> Vec<String> {
    let expected = 1..;
    let wrong = evidence.journal.iter().zip(expected).find(|((seq, _), expected)| seq != expected);
    wrong
        .map(|((seq, _), expected)| format!("the journal has entry {seq} where {expected} belongs"))
        .into_iter()
        .collect()
}
