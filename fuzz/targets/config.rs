//! The settings file: taken as it will be written again, or refused in a sentence that can be printed.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use warroom::cli::config::{Config, parse};
use warroom_fuzz::{assert_complaint, assert_harmless};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse::<Config>(Path::new("config.toml"), text) {
        Ok(config) => {
            if let Ok(written) = toml_of(&config) {
                let again: Config =
                    parse(Path::new("again.toml"), &written).expect("what was written is read");
                assert_eq!(again, config);
            }
            if let Err(error) = config.hub.policy() {
                assert_harmless(&error.to_string());
            }
        }
        Err(complaint) => assert_complaint(&complaint, "config.toml"),
    }
});

fn toml_of(config: &Config) -> Result<String, toml::ser::Error> {
    toml::to_string(config)
}
