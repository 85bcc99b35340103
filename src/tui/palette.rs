//! Every action by name: what was typed is matched fuzzily, the best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::actions::{ACTIONS, Action};

/// The actions that match, best first; all of them, in the order of the help, when nothing was typed.
pub fn matching(typed: &str) -> Vec<&'static Action> {
    if typed.trim().is_empty() {
        return ACTIONS.iter().collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, &'static Action)> = ACTIONS
        .iter()
        .filter_map(|action| {
            let words = format!("{} {}", action.label, action.name);
            let score = pattern.score(Utf32Str::new(&words, &mut buffer), &mut matcher)?;
            Some((score, action))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, action)| action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first_and_nothing_typed_shows_everything() {
        assert_eq!(matching("ack")[0].name, "acknowledge");
        assert_eq!(matching("sev")[0].name, "set-severity");
        assert_eq!(matching(" ").len(), ACTIONS.len());
        assert!(matching("zzzz").is_empty());
    }
}
