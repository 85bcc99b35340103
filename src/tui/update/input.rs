//! What comes from the keyboard: the top dialog first, then the keys of the pane that has the focus, then those of
//! everywhere.

use crossterm::event::{KeyCode, KeyEvent};

use crate::domain::text;
use crate::tui::actions;
use crate::tui::effect::{Effect, Effects};
use crate::tui::keymap::{Keymap, Lookup};
use crate::tui::modal;
use crate::tui::model::{Model, Pane, Tone};
use crate::tui::msg::Now;
use crate::tui::term::input::Input;

pub(super) fn input(model: &mut Model, keymap: &Keymap, now: Now, input: Input, effects: &mut Effects) {
    match input {
        // Terminals that do not mark pastes, and keyboards of other scripts, send what nobody sees as keys.
        Input::Key(KeyEvent { code: KeyCode::Char(c), .. }) if !text::is_kept(c) => {
            if !model.ui.modals.is_empty() {
                modal::paste(model, c.encode_utf8(&mut [0; 4]));
            }
        }
        Input::Key(key) => self::key(model, keymap, now, key, effects),
        Input::Paste(text) => {
            // Text ends a prefix that was begun, as any other thing would.
            model.ui.keys.clear();
            modal::paste(model, &text);
        }
        Input::Resize(columns, rows) => {
            model.ui.size = (columns, rows);
            effects.push(Effect::Repaint);
        }
        Input::FocusGained => model.ui.focused = true,
        Input::FocusLost => model.ui.focused = false,
    }
}

fn key(model: &mut Model, keymap: &Keymap, now: Now, key: KeyEvent, effects: &mut Effects) {
    if !model.ui.modals.is_empty() {
        modal::handle(model, key, now, effects);
        return;
    }
    if key.code == KeyCode::Esc && !model.ui.keys.is_empty() {
        model.ui.keys.clear();
        return;
    }
    let Some(chord) = crate::tui::keymap::Chord::from_event(key) else { return };
    if let Some(action) = chord.way_out().and_then(actions::find) {
        model.ui.keys.clear();
        modal::run(action, model, now, effects);
        return;
    }
    model.ui.keys.push(chord);
    match keymap.lookup(context(model.ui.focus), &model.ui.keys) {
        Lookup::Pending => model.ui.keys_since = now.mono,
        Lookup::NotFound => {
            let keys = std::mem::take(&mut model.ui.keys);
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let says = format!("{} is bound to nothing, ? shows the keys", keys.join(" "));
            model.say(now, Tone::Plain, &says);
        }
        Lookup::Matched(name) => {
            model.ui.keys.clear();
            if let Some(action) = actions::find(&name) {
                modal::run(action, model, now, effects);
            }
        }
    }
}

/// The keymap's name for a pane.
pub fn context(pane: Pane) -> &'static str {
    match pane {
        Pane::Incidents => "incidents",
        Pane::Alerts => "alerts",
        Pane::Tasks => "tasks",
        Pane::Timeline => "timeline",
        Pane::Slos => "slos",
        Pane::Responders => "responders",
    }
}
