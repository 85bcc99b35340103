//! Which rows of a long list are seen. Found from the selection outwards, so that the length of the list costs nothing;
//! and kept where it was while it can be, so that moving the selection repaints two rows and not the whole pane.

use crate::domain::alert::Fingerprint;
use crate::domain::ids::{IncidentId, Seq, TaskId};
use crate::tui::board::Rank;
use crate::tui::model::Scope;

/// Where the windows of the last frame began. Drawing gives them back, and is given them for the next frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tops {
    pub incidents: Option<Rank>,
    pub alerts: Option<Fingerprint>,
    pub tasks: Option<TaskId>,
    pub timeline: Option<TimelineTop>,
}

/// The first entry of the timeline's window, and of which timeline it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineTop {
    pub scope: Scope,
    pub incident: Option<IncidentId>,
    /// Columns and rows of the pane.
    pub size: (usize, usize),
    pub seq: Seq,
    /// How many rows of that entry are above the window.
    pub skip: usize,
}

/// A list in an order, to be looked at from any of its keys.
pub trait Sorted {
    type Key: Ord + Clone;
    /// From this key on (or from the start), ascending.
    fn from(&self, key: Option<&Self::Key>) -> impl Iterator<Item = Self::Key>;
    /// What comes before this key, descending.
    fn before(&self, key: &Self::Key) -> impl Iterator<Item = Self::Key>;
}

impl<K: Ord + Clone> Sorted for std::collections::BTreeSet<K> {
    type Key = K;
    fn from(&self, key: Option<&K>) -> impl Iterator<Item = K> {
        let start = key.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        self.range((start, std::ops::Bound::Unbounded)).inspect(looked_at).cloned()
    }
    fn before(&self, key: &K) -> impl Iterator<Item = K> {
        self.range(..key).rev().inspect(looked_at).cloned()
    }
}

impl<K: Ord + Clone, V> Sorted for std::collections::BTreeMap<K, V> {
    type Key = K;
    fn from(&self, key: Option<&K>) -> impl Iterator<Item = K> {
        let start = key.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        self.range((start, std::ops::Bound::Unbounded)).map(|(key, _)| key).inspect(looked_at).cloned()
    }
    fn before(&self, key: &K) -> impl Iterator<Item = K> {
        self.range(..key).rev().map(|(key, _)| key).inspect(looked_at).cloned()
    }
}

/// Passed by every row and entry that a frame takes from a list; tests count them.
pub fn looked_at<T>(_: &T) {
    #[cfg(test)]
    count::one();
}

/// What frames have looked at. Of this thread, for tests run side by side.
#[cfg(test)]
pub mod count {
    use std::cell::Cell;

    thread_local! {
        static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn one() {
        LOOKED_AT.set(LOOKED_AT.get() + 1);
    }

    /// Since it was asked before.
    pub fn take() -> usize {
        LOOKED_AT.take()
    }
}

/// What a window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<K> {
    pub rows: Vec<K>,
    /// There are more before the first.
    pub above: bool,
    /// There are more after the last.
    pub below: bool,
}

/// At most `height` keys: from `top` on if the selection is among them, else just as far away as it must be.
pub fn window<L: Sorted>(
    list: &L,
    selected: Option<&L::Key>,
    top: Option<&L::Key>,
    height: usize,
) -> Window<L::Key> {
    let mut rows: Vec<L::Key> = list.from(top).take(height).collect();
    match selected {
        Some(selected) if rows.first().is_none_or(|first| selected < first) => {
            rows = list.from(Some(selected)).take(height).collect();
        }
        Some(selected) if rows.last().is_some_and(|last| selected > last) => {
            rows = list.before(selected).take(height.saturating_sub(1)).collect();
            rows.reverse();
            rows.extend(list.from(Some(selected)).take(height.min(1)));
        }
        Some(_) | None => {}
    }
    // Near the end of the list, or when it became shorter: no empty rows while there is something to show.
    if let Some(first) = rows.first().cloned() {
        let mut more: Vec<L::Key> = list.before(&first).take(height.saturating_sub(rows.len())).collect();
        more.reverse();
        more.append(&mut rows);
        rows = more;
    }
    let above = rows.first().is_some_and(|first| list.before(first).next().is_some());
    let below = rows.last().is_some_and(|last| list.from(Some(last)).nth(1).is_some());
    Window { rows, above, below }
}

/// The part of `len` rows, paged, that holds row `selected`.
pub fn page(len: usize, selected: usize, height: usize) -> std::ops::Range<usize> {
    let height = height.max(1);
    let start = (selected / height * height).min(len.saturating_sub(height));
    start..(start + height).min(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_window_stays_while_the_selection_is_in_it() {
        let list: BTreeSet<u32> = (0..100).collect();
        assert_eq!(window(&list, Some(&12), Some(&10), 5).rows, [10, 11, 12, 13, 14]);
        assert_eq!(window(&list, Some(&15), Some(&10), 5).rows, [11, 12, 13, 14, 15]);
        assert_eq!(window(&list, Some(&9), Some(&10), 5).rows, [9, 10, 11, 12, 13]);
        assert_eq!(window(&list, None, Some(&98), 5).rows, [95, 96, 97, 98, 99]);
    }

    proptest! {
        #[test]
        fn the_selection_is_always_seen_and_no_row_is_empty_without_need(
            list in proptest::collection::btree_set(0u32..60, 0..40),
            pick in any::<proptest::sample::Index>(), top in proptest::option::of(0u32..60), height in 1usize..20,
        ) {
            let selected = (!list.is_empty()).then(|| *list.iter().nth(pick.index(list.len())).unwrap());
            let seen = window(&list, selected.as_ref(), top.as_ref(), height);
            prop_assert!(selected.is_none_or(|selected| seen.rows.contains(&selected)));
            if selected.is_some() || top.is_none() {
                prop_assert_eq!(seen.rows.len(), list.len().min(height));
            }
            let range: Vec<u32> = list.iter().copied().filter(|key| {
                seen.rows.first().is_some_and(|first| key >= first) && seen.rows.last().is_some_and(|last| key <= last)
            }).collect();
            prop_assert_eq!(seen.rows, range);
        }
    }
}
