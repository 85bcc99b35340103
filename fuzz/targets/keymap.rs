//! Keymaps: every binding can be found by its keys and written down again, or the file is refused in a sentence that can
//! be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::tui::actions::ACTIONS;
use warroom::tui::keymap::{Chord, Keymap, Lookup, lint, load};
use warroom_fuzz::{assert_complaint, assert_harmless};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let actions: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
    match load(&[("keymap.toml", text)], &actions) {
        Ok(keymap) => assert_sound(&keymap, &actions),
        Err(error) => assert_complaint(&error.to_string(), "keymap.toml"),
    }
});

fn assert_sound(keymap: &Keymap, actions: &[&str]) {
    for (context, keys, action) in keymap.bindings() {
        assert!(actions.contains(&action));
        assert!(
            !matches!(keymap.lookup(context, &keys), Lookup::NotFound),
            "[{context}] {keys:?} is not found"
        );
        for key in keys {
            assert_harmless(&key.to_string());
            assert_eq!(key.to_string().parse::<Chord>().expect("a key that was written"), key);
        }
    }
    lint(keymap, |_| true).iter().for_each(|finding| assert_harmless(finding));
}
