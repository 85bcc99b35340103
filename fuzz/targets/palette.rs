//! What is typed to find an action: each action is found at most once, and the same every time.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use warroom::tui::palette::matching;

fuzz_target!(|typed: &str| {
    let found: Vec<&str> = matching(typed).iter().map(|action| action.name).collect();
    let names: HashSet<&&str> = found.iter().collect();
    assert_eq!(names.len(), found.len());
    assert_eq!(found, matching(typed).iter().map(|action| action.name).collect::<Vec<_>>());
});
