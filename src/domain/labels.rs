//! The labels of an alert. An event, the room that decides and the room that is read hold the same alert, and a storm has
//! thousands: what they all hold is one list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Line;

/// Labels by name, in the order of their names, each name once. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Labels(Arc<[(Line, Line)]>);

impl Labels {
    pub fn get(&self, name: &str) -> Option<&Line> {
        let at = self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Line, &Line)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of a name that comes twice, the last value counts, as in JSON.
impl FromIterator<(Line, Line)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Line, Line)>>(labels: I) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        last_of_each(&mut labels);
        Labels(labels.into())
    }
}

impl<const N: usize> From<[(Line, Line); N]> for Labels {
    fn from(labels: [(Line, Line); N]) -> Self {
        labels.into_iter().collect()
    }
}

/// Puts pairs in the order of their names and leaves the last of each name. Most senders sort: then it is one look.
pub fn last_of_each<N: Ord, V>(pairs: &mut Vec<(N, V)>) {
    if pairs.is_sorted_by(|(one, _), (next, _)| one < next) {
        return;
    }
    // Stable, so that what came last is found first from behind.
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    pairs.reverse();
    pairs.dedup_by(|(one, _), (kept, _)| one == kept);
    pairs.reverse();
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<Line, Line>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl JsonSchema for Labels {
    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<Line, Line>::schema_name()
    }

    fn inline_schema() -> bool {
        BTreeMap::<Line, Line>::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<Line, Line>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_are_what_a_map_of_them_would_be(pairs in prop::collection::vec(("[a-d]{1,2}", "[a-z]{0,2}"), 0..12)) {
            let clean = |(name, value): &(String, String)| (Line::clean(name), Line::clean(value));
            let map: BTreeMap<Line, Line> = pairs.iter().map(clean).collect();
            let labels: Labels = pairs.iter().map(clean).collect();
            prop_assert!(labels.iter().eq(map.iter()));
            prop_assert_eq!((labels.len(), labels.is_empty()), (map.len(), map.is_empty()));
            for (name, _) in &pairs {
                prop_assert_eq!(labels.get(name), map.get(name.as_str()));
            }
            prop_assert_eq!(labels.get("nowhere"), None);
            let json = serde_json::to_string(&labels).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Labels>(&json).unwrap(), labels);
        }
    }
}
