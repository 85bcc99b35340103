//! Every action by name: what was typed is matched with the words of each, the best first.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::actions::{ACTIONS, Action};

/// How well a word was met: what is written as typed always stands before what only has its letters.
const WHOLE: u32 = 3_000;
const BEGINNING: u32 = 2_000;
/// What people see says more than a word that it is also known by.
const SEEN: u32 = 500;

/// The actions that match, best first; all of them, in the order of the help, when nothing was typed.
///
/// Each word that was typed must be met by one word of the action that begins with the same letter. Letters that are
/// gathered from all over a name meet nothing: Enter does what is first, and it must not be something unrelated.
pub fn matching(typed: &str) -> Vec<&'static Action> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let typed: Vec<String> = words(typed).map(str::to_lowercase).collect();
    let mut scored: Vec<(u32, &'static Action)> = ACTIONS
        .iter()
        .filter_map(|action| {
            let scores = typed.iter().map(|word| score(word, action, &mut matcher));
            Some((scores.sum::<Option<u32>>()?, action))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, action)| action).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The best of the action's words for one that was typed.
fn score(typed: &str, action: &Action, matcher: &mut Matcher) -> Option<u32> {
    let seen = words(action.label).map(|word| (word, SEEN));
    let other = words(action.name).chain(words(action.words)).map(|word| (word, 0));
    seen.chain(other).filter_map(|(word, more)| Some(met(typed, &word.to_lowercase(), matcher)? + more)).max()
}

fn met(typed: &str, word: &str, matcher: &mut Matcher) -> Option<u32> {
    if word == typed {
        return Some(WHOLE);
    }
    if word.starts_with(typed) {
        return Some(BEGINNING);
    }
    if word.chars().next() != typed.chars().next() {
        return None;
    }
    let mut buffer = Vec::new();
    let atom = Atom::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
    let score = atom.score(Utf32Str::new(word, &mut buffer), matcher)?;
    Some(u32::from(score).min(BEGINNING / 2))
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

    #[test]
    fn what_people_look_for_is_found_under_the_words_they_use() {
        for (typed, first) in [
            ("resolve", "resolve"),
            ("Resolve", "resolve"),
            ("close", "close"),
            ("reopen", "reopen"),
            ("cancel", "cancel-incident"),
            ("runbook", "show-links"),
            ("commander", "assign-role"),
            ("sv", "set-severity"),
            ("assgn task", "assign-task"),
        ] {
            assert_eq!(matching(typed).first().map(|action| action.name), Some(first), "{typed}");
        }
        let assign: Vec<&str> = matching("assign").iter().map(|action| action.name).collect();
        assert_eq!(assign, ["assign-task", "assign-role"]);
    }

    #[test]
    fn letters_from_all_over_a_name_meet_nothing() {
        // “roles, hand over” has these letters in this order, and nothing to do with them.
        assert!(matching("roleshd").is_empty());
        assert!(matching("rlvr").iter().all(|action| action.name != "assign-role"));
    }
}
