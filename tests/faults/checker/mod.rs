//! What must be true after every fault. It looks at evidence only, so that each of its parts can be seen to fail.

mod deliveries;
mod entries;
mod feeds;
mod logs;
#[cfg(test)]
mod tests;

use warroom::domain::apply::apply;
use warroom::domain::event::Entry;
use warroom::domain::room::Room;

use crate::evidence::Evidence;

/// Everything that is wrong, as sentences; none when all is well.
pub fn violations(evidence: &Evidence) -> Vec<String> {
    let mut wrong = evidence.replies.surprises.clone();
    wrong.extend(entries::accepted_once(evidence));
    wrong.extend(entries::gapless(evidence));
    wrong.extend(evidence.verified.clone().err());
    wrong.extend(feeds::equal_to_the_journal(evidence));
    wrong.extend(deliveries::at_most_once(evidence));
    wrong.extend(replay_is_what_is_served(evidence));
    wrong.extend(within_memory(evidence));
    wrong.extend(logs::clean(evidence));
    wrong
}

/// The fold of the journal up to an entry.
pub fn fold(journal: &[(u64, String)], up_to: u64) -> Room {
    let mut room = Room::default();
    for (_, json) in journal.iter().filter(|(seq, _)| *seq <= up_to) {
        match serde_json::from_str::<Entry>(json) {
            Ok(entry) => apply(&mut room, &entry),
            Err(error) => panic!("an entry cannot be read: {error}: {json}"),
        }
    }
    room
}

fn replay_is_what_is_served(evidence: &Evidence) -> Option<String> {
    let replayed = fold(&evidence.journal, evidence.served.seq.0).for_terminals();
    (replayed != evidence.served).then(|| {
        let (at, replayed, served) = (evidence.served.seq, replayed, &evidence.served);
        format!("the journal folds up to {at} to another room than is served:\n{replayed:?}\n{served:?}")
    })
}

fn within_memory(evidence: &Evidence) -> Option<String> {
    let (used, bound) = (evidence.memory, evidence.memory_bound);
    (used > bound).then(|| format!("the hub took {used} KiB of memory, and may take {bound}"))
}
