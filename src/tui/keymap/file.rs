//! Keymap files: layers over one another, each checked by itself, with errors that name the file and the nearest name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::CONTEXTS;
use super::chord::Chord;
use super::trie::Keymap;
use crate::domain::text::Text;
use crate::tui::nearest::nearest;

/// Why a keymap file cannot be used, in a sentence with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct KeymapError {
    file: String,
    line: Option<usize>,
    /// It quotes the file, and goes to a terminal.
    what: Text,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Binding {
    /// `"unbind"`, or an action's name.
    Short(String),
    Full(Full),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    run: String,
    /// For readers of the file.
    #[serde(default, rename = "desc")]
    _description: Option<String>,
}

/// Lays files over one another, the first at the bottom. `files` are names (for errors) and texts; `actions` are the
/// names there are.
///
/// # Errors
///
/// The first thing that is wrong: no TOML, an unknown context, key or action.
pub fn load(files: &[(&str, &str)], actions: &[&str]) -> Result<Keymap, KeymapError> {
    let mut keymap = Keymap::default();
    for (file, text) in files {
        layer(&mut keymap, file, text, actions)?;
    }
    Ok(keymap)
}

fn layer(keymap: &mut Keymap, file: &str, text: &str, actions: &[&str]) -> Result<(), KeymapError> {
    let error = |line, what: String| KeymapError { file: file.to_owned(), line, what: Text::clean(&what) };
    let parsed: BTreeMap<String, BTreeMap<toml::Spanned<String>, Binding>> =
        toml::from_str(text).map_err(|wrong| {
            let line = wrong.span().map(|span| line_of(text, span.start));
            error(line, wrong.message().trim_end().to_owned())
        })?;
    for (context, bindings) in parsed {
        if !CONTEXTS.contains(&context.as_str()) {
            let what = format!("[{context}] is not a place for keys{}", nearest(&context, &CONTEXTS));
            return Err(error(None, what));
        }
        for (written, binding) in bindings {
            let line = Some(line_of(text, written.span().start));
            let keys =
                written.get_ref().split_whitespace().map(str::parse).collect::<Result<Vec<Chord>, _>>();
            let keys = keys.map_err(|wrong| error(line, wrong.to_string()))?;
            if keys.is_empty() {
                return Err(error(line, "a binding needs a key".to_owned()));
            }
            let run = match binding {
                Binding::Short(run) | Binding::Full(Full { run, .. }) => run,
            };
            if run == "unbind" {
                keymap.unbind(&context, &keys);
            } else if actions.contains(&run.as_str()) {
                keymap.bind(&context, &keys, &run);
            } else {
                return Err(error(line, format!("there is no action “{run}”{}", nearest(&run, actions))));
            }
        }
    }
    Ok(())
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// What works and is not wise: keys that plain terminals cannot send, dangerous actions on a single plain key.
pub fn lint(keymap: &Keymap, is_dangerous: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for (context, keys, action) in keymap.bindings() {
        let written: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let written = written.join(" ");
        for key in &keys {
            if let Some(why) = key.not_sendable() {
                findings.push(format!("[{context}] “{written}” cannot be typed: {why}"));
            }
        }
        if let Some(way_out) = keys.first().and_then(|key| key.way_out())
            && (way_out != action || keys.len() > 1)
        {
            findings.push(format!(
                "[{context}] “{written}” cannot be {action}: its first key is always {way_out}"
            ));
        }
        if let [key] = keys.as_slice()
            && key.is_plain()
            && is_dangerous(action)
        {
            findings
                .push(format!("[{context}] “{written}” is too easily typed for {action}; give it a prefix"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::actions::{ACTIONS, Grade};
    use crate::tui::keymap::{Lookup, SHIPPED};

    fn names() -> Vec<&'static str> {
        ACTIONS.iter().map(|action| action.name).collect()
    }

    fn complaint(text: &str) -> String {
        load(&[("user.toml", text)], &names()).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_keymaps_reach_every_action_and_are_wise() {
        let (_, default) = SHIPPED[0];
        for (name, text) in SHIPPED {
            let keymap = load(&[("default", default), (name, text)], &names()).unwrap();
            let dangerous = |name: &str| {
                ACTIONS.iter().any(|action| action.name == name && action.grade == Grade::Destructive)
            };
            assert_eq!(lint(&keymap, dangerous), Vec::<String>::new(), "{name}");
            let bound: Vec<&str> = keymap.bindings().into_iter().map(|(_, _, action)| action).collect();
            for action in names() {
                assert!(bound.contains(&action), "{name} has no key for {action}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_nearest_name() {
        assert_eq!(
            complaint("[global]\n\"x\" = { run = \"aknowledge\" }"),
            "user.toml:2: there is no action “aknowledge”; did you mean “acknowledge”?"
        );
        assert_eq!(
            complaint("[globl]\n\"x\" = \"quit\""),
            "user.toml: [globl] is not a place for keys; did you mean “global”?"
        );
        assert!(
            complaint("[global]\n\"ctlr-x\" = \"quit\"").starts_with("user.toml:2: “ctlr-x” is not a key")
        );
        assert!(complaint("[global\n").starts_with("user.toml:1: "));
    }

    #[test]
    fn what_a_keymaps_complaint_quotes_cannot_act_on_a_terminal() {
        let complaint = complaint("[global]\n\"x\" = \"\\u001b]0;owned\\u0007\"");
        assert!(complaint.contains("␛]0;owned␇") && !complaint.contains('\u{1b}'), "{complaint}");
    }

    #[test]
    fn a_keymap_that_takes_the_ways_out_is_told_that_it_cannot() {
        let taken = "[global]\n\"ctrl-c\" = \"palette\"\n\"f1 x\" = \"quit\"";
        let keymap = load(&[("user.toml", taken)], &names()).unwrap();
        let found = lint(&keymap, |_| false);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found
                .iter()
                .any(|words| words.contains("“ctrl-c” cannot be palette: its first key is always quit"))
        );
    }

    #[test]
    fn a_later_file_goes_before_an_earlier_one() {
        let below = "[global]\n\"q\" = \"quit\"\n\"x\" = \"help\"";
        let above = "[global]\n\"q\" = \"unbind\"\n\"x\" = { run = \"palette\" }";
        let keymap = load(&[("a", below), ("b", above)], &names()).unwrap();
        let key = |written: &str| [written.parse().unwrap()];
        assert_eq!(keymap.lookup("tasks", &key("q")), Lookup::NotFound);
        assert_eq!(keymap.lookup("tasks", &key("x")), Lookup::Matched("palette".to_owned()));
    }
}
