//! Outside, at most one effect an id; and where nobody can know, the journal says so.

use std::collections::BTreeMap;

use warroom::domain::comms::DeliveryState;

use super::fold;
use crate::evidence::Evidence;

pub fn at_most_once(evidence: &Evidence) -> Vec<String> {
    let room = fold(&evidence.journal, u64::MAX);
    let mut known = BTreeMap::new();
    for comms in room.incidents.values().flat_map(|incident| incident.comms.values()) {
        for (destination, delivery) in &comms.deliveries {
            let subject = comms.message.subject.split(' ').next().unwrap_or_default().to_owned();
            known.insert((destination.to_string(), subject), delivery.state);
        }
    }
    let mut wrong = Vec::new();
    for (what, times) in &evidence.effects {
        if *times > 1 {
            wrong.push(format!("{what:?} reached people {times} times"));
        }
        if !known.contains_key(what) {
            wrong.push(format!("{what:?} reached people, and the journal knows nothing of it"));
        }
    }
    for (what, state) in known {
        let times = evidence.effects.get(&what).copied().unwrap_or(0);
        match (state, times) {
            (DeliveryState::Delivered, 0) => {
                wrong.push(format!("{what:?} counts as delivered and reached nobody"));
            }
            (DeliveryState::Failed, 1..) => {
                wrong.push(format!("{what:?} counts as failed and reached people"));
            }
            (DeliveryState::Pending | DeliveryState::Sending, _) => {
                wrong.push(format!("{what:?} is neither delivered nor failed nor uncertain: {state:?}"));
            }
            (DeliveryState::Delivered | DeliveryState::Failed, _)
            | (DeliveryState::Uncertain | DeliveryState::Abandoned, _) => {}
        }
    }
    wrong
}
