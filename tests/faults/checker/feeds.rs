//! Every client's feed is the journal from where it began: no hole, no repetition, the same order, the same bytes.

use crate::evidence::Evidence;
use crate::feeds::{Heard, Resync};

pub fn equal_to_the_journal(evidence: &Evidence) -> Vec<String> {
    let number = 1..;
    evidence
        .feeds
        .iter()
        .zip(number)
        .filter_map(|(feed, number)| one(evidence, feed).err().map(|wrong| format!("feed {number}: {wrong}")))
        .collect()
}

fn one(evidence: &Evidence, feed: &[Heard]) -> Result<(), String> {
    let mut at = None;
    for heard in feed {
        match (heard, at) {
            (Heard::Snapshot { seq }, None) => at = Some(*seq),
            (Heard::Snapshot { seq }, Some(known)) => match evidence.resync {
                Resync::Never => return Err(format!("a snapshot of {seq} in place of what follows {known}")),
                Resync::Allowed if *seq < known => {
                    return Err(format!("a snapshot of {seq}, though {known} was known"));
                }
                Resync::Allowed => at = Some(*seq),
            },
            (Heard::Entry { seq, .. }, None) => return Err(format!("entry {seq} before any room")),
            (Heard::Entry { seq, json }, Some(known)) => {
                if *seq != known + 1 {
                    return Err(format!("entry {seq} after {known}"));
                }
                let kept = usize::try_from(known).ok().and_then(|index| evidence.journal.get(index));
                if kept.is_none_or(|(_, kept)| kept != json) {
                    return Err(format!("entry {seq} is not the journal's: {json} and {kept:?}"));
                }
                at = Some(*seq);
            }
            (Heard::WentBack, at) => return Err(format!("it was told at {at:?} that the journal went back")),
            (Heard::Garbage(text), _) => return Err(format!("a frame that cannot be read: {text}")),
        }
    }
    match at {
        Some(at) if at >= evidence.served.seq.0 => Ok(()),
        _ => Err(format!("it ends at {at:?}, and the room is at {}", evidence.served.seq)),
    }
}
