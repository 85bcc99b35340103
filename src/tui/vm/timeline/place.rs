//! Where the timeline's window begins. It moves seldom: terminals cannot scroll a part of the screen, so that every row
//! of scrolling paints the whole pane. And it wastes little: while it follows, no more than a quarter of the pane is
//! blank while there are older entries that could stand there.

use super::{Rows, Walk};
use crate::domain::event::Entry;
use crate::domain::ids::Seq;
use crate::tui::vm::time;

/// The first entry of the window, and how many of its rows are above the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begin {
    pub seq: Seq,
    pub skip: usize,
}

impl Begin {
    const fn at(seq: Seq) -> Self {
        Begin { seq, skip: 0 }
    }
}

impl Rows<'_, '_> {
    /// Where it begins while it follows: where it was, until the newest entry does not fit or too much is blank; then a
    /// quarter of the pane is made free for what comes. `top` is none when the pane is another one than before: then it
    /// is filled to the last row.
    pub fn following(&self, walk: &Walk<'_>, top: Option<Begin>, newest: Seq, height: usize) -> Begin {
        let slack = height / 4;
        let stands = |begin: &Begin| {
            let taken = self.taken(walk, begin.seq, newest, height + begin.skip).saturating_sub(begin.skip);
            taken <= height && (height - taken <= slack || walk.before(begin.seq).next().is_none())
        };
        let moved = top.map(|_| self.filled(walk, newest, height - slack));
        top.filter(stands).or(moved).unwrap_or_else(|| self.filled(walk, newest, height))
    }

    /// The newest entry ends in row `height`: the first one may begin above the pane. An entry that is higher than that
    /// begins in its first row; its details show the rest.
    fn filled(&self, walk: &Walk<'_>, newest: Seq, height: usize) -> Begin {
        let whole = self.reaching_back(walk, newest, height);
        if self.taken(walk, whole, newest, height) >= height {
            return Begin::at(whole);
        }
        let Some(older) = walk.before(whole).next() else { return Begin::at(whole) };
        let taken = self.taken(walk, older.seq, newest, usize::MAX);
        Begin { seq: older.seq, skip: taken.saturating_sub(height) }
    }

    /// Where it begins while `seq` is selected.
    pub fn around(&self, walk: &Walk<'_>, top: Option<Begin>, seq: Seq, newest: Seq, height: usize) -> Begin {
        let begin = match top {
            Some(top)
                if (top.seq < seq || top.seq == seq && top.skip == 0)
                    && self.taken(walk, top.seq, seq, height + top.skip) <= height + top.skip =>
            {
                top
            }
            Some(top) if top.seq < seq => Begin::at(self.reaching_back(walk, seq, height / 3)),
            Some(_) | None => Begin::at(self.reaching_back(walk, seq, height - height / 3)),
        };
        // Near the end: no empty rows while there is something to show.
        if self.taken(walk, begin.seq, newest, height + begin.skip) <= height + begin.skip {
            let back = self.reaching_back(walk, newest, height);
            if back < begin.seq {
                return Begin::at(back);
            }
        }
        begin
    }

    /// Rows of everything from `top` to `last`; more than `most` is not counted on.
    fn taken(&self, walk: &Walk<'_>, top: Seq, last: Seq, most: usize) -> usize {
        let mut taken: usize = 0;
        let mut day = None;
        for entry in walk.from(top).take_while(|entry| entry.seq <= last) {
            taken += self.height(entry, &mut day);
            if taken > most {
                break;
            }
        }
        taken
    }

    /// The oldest entry from which on everything up to and with `last` fits into `height` rows.
    fn reaching_back(&self, walk: &Walk<'_>, last: Seq, height: usize) -> Seq {
        let Some(newest) = walk.from(last).next() else { return last };
        let mut begin = last;
        let mut day = time::day(newest.at, self.cx.zone);
        let mut taken = self.text(newest).len();
        for entry in walk.before(last) {
            let this = time::day(entry.at, self.cx.zone);
            // Going back, a day is named below the last entry of the day before it.
            taken += self.text(entry).len() + usize::from(day != this);
            if taken + usize::from(self.names_day(None, &this)) > height {
                break;
            }
            day = this;
            begin = entry.seq;
        }
        begin
    }

    /// Rows of an entry that comes after one of `day`, which becomes the day of this one.
    fn height(&self, entry: &Entry, day: &mut Option<String>) -> usize {
        let this = time::day(entry.at, self.cx.zone);
        let new_day = self.names_day(day.as_deref(), &this);
        *day = Some(this);
        self.text(entry).len() + usize::from(new_day)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::timeline;
    use crate::domain::ids::IncidentId;
    use crate::tui::fixture::{Story, busy, now};
    use crate::tui::model::Zone;
    use crate::tui::theme::Glyphs;
    use crate::tui::vm::Cx;
    use crate::tui::vm::timeline::TimelineRow;

    #[derive(Debug, Clone)]
    enum Step {
        Note(usize),
        Resize(usize, usize),
        Select(u32),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (1usize..400).prop_map(Step::Note),
            2 => (50usize..130, 1usize..45).prop_map(|(width, height)| Step::Resize(width, height)),
            1 => (7u32..9).prop_map(Step::Select),
        ];
        prop::collection::vec(step, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn while_it_follows_no_more_than_a_quarter_is_blank_or_nothing_older_is_hidden(steps in steps()) {
            let mut story = Story { model: busy(), seq: 1_000 };
            let (mut width, mut height) = (80, 20);
            for step in steps {
                let mut filled = false;
                match step {
                    Step::Note(long) => {
                        story.note("14:03:00", "bo", 7, &"word ".repeat(long / 5 + 1));
                    }
                    Step::Resize(columns, rows) => {
                        filled = (width, height) != (columns, rows);
                        (width, height) = (columns, rows);
                    }
                    Step::Select(id) => story.model.ui.incident = Some(IncidentId(id)),
                }
                let model = &mut story.model;
                let cx = Cx { now: now(), zone: Zone::Utc, glyphs: &Glyphs::UNICODE };
                let mut tops = model.ui.tops.clone();
                let seen = timeline(model, &cx, width, height, &mut tops);
                model.ui.tops = tops;
                let blank = height - seen.rows.len();
                let seqs: BTreeSet<_> =
                    model.timeline.by_incident[&model.ui.incident.unwrap()].keys().copied().collect();
                let first = model.ui.tops.timeline.unwrap();
                let hidden = seqs.range(..first.seq).next().is_some() || first.skip > 0;
                prop_assert!(!hidden || blank * 4 <= height, "{blank} of {height} are blank");
                prop_assert!(!hidden || !filled || blank == 0, "{blank} of {height} are blank after a resize");
                let last = seen.rows.iter().rev().find_map(|row| match row {
                    TimelineRow::Entry { seq, .. } => Some(*seq),
                    TimelineRow::More { .. } | TimelineRow::Day(_) => None,
                });
                // An entry as high as the pane may have its first row above it.
                prop_assert!(last.is_none_or(|last| Some(&last) == seqs.last()), "the newest is not there");
            }
        }
    }
}
