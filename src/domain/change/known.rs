//! The changes that a room keeps: the newest by their own time, whatever the order in which they were heard of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, ChangeId, Judgement};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Changes(BTreeMap<ChangeId, Change>);

impl FromIterator<Change> for Changes {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        let mut known = Changes::default();
        changes.into_iter().for_each(|change| known.hear(&change));
        known
    }
}

impl Changes {
    /// How many are kept: a busy day of a large shop, and more than the hours before any incident need.
    pub const KEPT: usize = 500;

    /// Folds it into what is known of it. When there are too many, the one that began first goes.
    pub fn hear(&mut self, heard: &Change) {
        let folded = match self.0.get(&heard.id) {
            Some(known) => known.folded(heard),
            None => heard.clone(),
        };
        self.0.insert(heard.id.clone(), folded);
        if self.0.len() > Self::KEPT
            && let Some(oldest) = self.0.values().min_by_key(|change| (change.at, &change.id))
        {
            let oldest = oldest.id.clone();
            self.0.remove(&oldest);
        }
    }

    /// Writes down what was counted of a rollout, if it is still kept.
    pub fn judge(&mut self, id: &ChangeId, judgement: &Judgement) {
        if let Some(rollout) = self.0.get_mut(id).and_then(|change| change.rollout.as_mut()) {
            rollout.judged = Some(judgement.clone());
        }
    }

    pub fn get(&self, id: &ChangeId) -> Option<&Change> {
        self.0.get(id)
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.0.values()
    }

    pub fn newest_first(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.0.values().collect();
        changes.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        changes
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
