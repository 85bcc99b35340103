//! Themes: the same every time, at every depth of colour, or refused in a sentence that can be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::tui::term::caps::ColorDepth;
use warroom::tui::theme::{Role, load};
use warroom_fuzz::assert_complaint;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for depth in [ColorDepth::Mono, ColorDepth::Ansi16, ColorDepth::Ansi256, ColorDepth::TrueColor] {
        // It may inherit from itself under another name.
        let find = |name: &str| (name == "other").then(|| text.to_owned());
        let loaded = load("theme.toml", text, depth, &find);
        assert_eq!(loaded, load("theme.toml", text, depth, &find));
        match loaded {
            Ok(theme) => Role::ALL.iter().for_each(|role| {
                theme.style(*role);
            }),
            Err(error) => {
                let complaint = error.to_string();
                assert_complaint(
                    &complaint,
                    if complaint.starts_with("other") { "other" } else { "theme.toml" },
                );
            }
        }
    }
});
