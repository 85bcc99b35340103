//! Deliveries whose destination is no longer in the settings. Nobody would ever come for them, and nobody would be told.

use std::collections::BTreeSet;

use super::{DeliveryOutcome, DeliveryState, Desk};
use crate::domain::role::Slug;
use crate::domain::text::Line;

/// Says of each such delivery that it did not go out, until the hub goes down.
pub(super) async fn fail(mut desk: Desk, known: BTreeSet<Slug>) {
    desk.record_orphans(|destination| !known.contains(destination)).await;
    while !desk.shutdown.is_cancelled() {
        desk.head.borrow_and_update();
        let stray = desk.first(DeliveryState::Pending, |destination| !known.contains(destination));
        let Some(stray) = stray else {
            if !desk.news().await {
                return;
            }
            continue;
        };
        let name = &stray.destination;
        let detail = format!("not sent: the hub's settings have no destination “{name}”; send a new update");
        desk.record(&stray, DeliveryOutcome::Failed, Line::clean(&detail)).await;
    }
}
