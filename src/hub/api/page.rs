//! Lists in parts: a cursor names the last item of the part before, so that nothing is left out when items come and go.

use serde::Deserialize;

use crate::hub::error::ApiError;
use crate::wire::body::Page;

/// How many items a part has when nothing else is asked for, and at most.
pub(in crate::hub) const DEFAULT_LIMIT: usize = 50;
pub(in crate::hub) const MAX_LIMIT: usize = 200;

/// `?cursor=&limit=`
#[derive(Debug, Default, Deserialize)]
pub(in crate::hub) struct PageQuery {
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    pub limit: Option<usize>,
}

impl PageQuery {
    /// A part of `all`, which must be in the order of their keys' first appearance: what comes after the cursor.
    pub fn page<T, K: ToString>(
        &self,
        all: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> K,
        is_after: impl Fn(&T, &str) -> bool,
    ) -> Page<T> {
        let limit = limit(self.limit);
        let cursor = self.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        let mut rest = all.into_iter().filter(|item| cursor.is_none_or(|cursor| is_after(item, cursor)));
        let items: Vec<T> = rest.by_ref().take(limit).collect();
        let next = match (rest.next(), items.last()) {
            (Some(_), Some(last)) => Some(key(last).to_string()),
            _ => None,
        };
        Page { items, next }
    }
}

pub(in crate::hub) fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
}

/// A cursor that is none of ours is said to be so, instead of giving the first part again.
pub(in crate::hub) fn check_cursor<T: std::str::FromStr>(
    cursor: Option<&str>,
) -> Result<Option<T>, ApiError> {
    let cursor = cursor.filter(|cursor| !cursor.is_empty()).map(str::parse);
    let wrong = |_| ApiError::malformed("`cursor` is not one that a list gave; begin again without it");
    cursor.transpose().map_err(wrong)
}
