//! Writes down what the gauges say of canaries. It keeps no state: what was judged is in the room.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Context;
use crate::canary::together;
use crate::domain::actor::Actor;
use crate::domain::change::{Change, ChangeId, Judgement, Verdict};
use crate::domain::command::Command;
use crate::domain::gauge::{CanaryGauge, SloGauge};
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// Between two looks at the gauges.
const LOOK: Duration = Duration::from_millis(250);
/// So many sentences are written down with a verdict.
const REASONS: usize = 3;

/// Judges until the hub ends.
pub(super) async fn judge(context: Context) {
    let mut gauges = context.gauges.watch();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looking = async {
        loop {
            looks.tick().await;
            let slos = gauges.borrow_and_update().slos.clone();
            let commands = judgements(&context.room.read(), &slos, context.clock.now());
            for command in commands {
                context.submit(Actor::Hub, command).await;
            }
        }
    };
    context.shutdown.run_until_cancelled(looking).await;
}

/// What is to be said so that the room knows the verdicts of the gauges; of one rollout, all objectives together.
fn judgements(room: &Room, gauges: &[SloGauge], now: Timestamp) -> Vec<Command> {
    let mut said: BTreeMap<&ChangeId, Vec<(Verdict, Line)>> = BTreeMap::new();
    for gauge in gauges {
        let Some(CanaryGauge::Compared { change, since, verdict, reason }) = &gauge.canary else { continue };
        let rollout = room.changes.get(change).and_then(|change| change.going_on(now));
        // A gauge of the stage before is a moment late.
        if rollout.and_then(|rollout| rollout.since()) == Some(*since) {
            let reason = Line::clean(&format!("{}: {reason}", gauge.name));
            said.entry(change).or_default().push((*verdict, reason));
        }
    }
    let judged = said.into_iter().filter_map(|(change, said)| news(room.changes.get(change)?, said, now));
    judged.collect()
}

fn news(change: &Change, said: Vec<(Verdict, Line)>, now: Timestamp) -> Option<Command> {
    let rollout = change.rollout.as_ref()?;
    let crate::canary::Judgement { verdict, mut reasons } = together(said);
    reasons.truncate(REASONS);
    let (percent, since) = (rollout.percent(), rollout.since()?);
    let judgement = Judgement { verdict, percent, since, at: now, reasons };
    rollout.is_news(verdict).then(|| Command::JudgeRollout { change: change.id.clone(), judgement })
}
