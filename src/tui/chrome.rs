//! What the screen says about keys, made from the registry of actions and the keymap in force, so that it cannot lie.

use super::actions::{self, ACTIONS, Action, Grade, Group};
use super::keymap::{Following, Keymap};
use super::modal::Modal;
use super::model::{Model, Pane};
use super::msg::Now;
use super::palette;
use super::update::{WHICH_KEY_AFTER, context};
use super::vm::chrome::{Chrome, FooterKey, HelpSection, PaletteItem, WhichKey};

/// Owned by the frame that shows it.
#[derive(Debug, Default)]
pub struct Keys {
    footer: Vec<FooterKey>,
    undo: Option<String>,
    retry: Option<String>,
    help: Vec<HelpSection>,
    palette: Vec<PaletteItem>,
    which_key: Option<WhichKey>,
}

/// What the footer offers in every pane, the most needed first; what does not fit is in the help.
const ALWAYS: [&str; 9] = [
    "acknowledge",
    "set-status",
    "add-note",
    "add-task",
    "send-update",
    "assign-role",
    "declare",
    "help",
    "palette",
];

/// What a pane adds in front.
fn of_pane(pane: Pane) -> &'static [&'static str] {
    match pane {
        Pane::Incidents => &[],
        Pane::Alerts => &["declare-from-alert"],
        Pane::Tasks => &["accept-task", "complete-task", "assign-task"],
        Pane::Timeline => &["details", "follow", "pin-note", "toggle-timeline-scope"],
        Pane::Slos | Pane::Responders => &[],
    }
}

impl Keys {
    pub fn of(model: &Model, keymap: &Keymap, now: Now) -> Self {
        let context = context(model.ui.focus);
        let key = |action: &Action| FooterKey {
            keys: keymap.keys_of(context, action.name).into_iter().next().unwrap_or_default(),
            label: action.label.to_owned(),
            enabled: (action.available)(model).is_ok(),
        };
        let retry = keymap.keys_of(context, "retry-link").into_iter().next();
        let mut keys = Keys { retry, ..Keys::default() };
        match model.ui.modals.top() {
            None => {
                let names = of_pane(model.ui.focus).iter().chain(&ALWAYS);
                let footer = names.filter_map(|name| actions::find(name)).map(key);
                keys.footer = footer.filter(|key| !key.keys.is_empty()).collect();
                keys.undo = keymap.keys_of(context, "undo").into_iter().next();
                if !model.ui.keys.is_empty() && model.ui.keys_since + WHICH_KEY_AFTER <= now.mono {
                    keys.which_key = Some(which_key(model, keymap));
                }
            }
            Some(Modal::Help { .. }) => {
                keys.help = Group::ALL.map(|group| section(group, model, keymap)).into()
            }
            Some(Modal::Palette { input, .. }) => {
                let matching = palette::matching(input.value());
                keys.palette = matching.into_iter().map(|action| item(action, model, keymap)).collect();
            }
            Some(_) => {}
        }
        keys
    }

    pub fn chrome(&self) -> Chrome<'_> {
        Chrome {
            footer: &self.footer,
            undo: self.undo.as_deref(),
            retry: self.retry.as_deref(),
            help: &self.help,
            palette: &self.palette,
            which_key: self.which_key.as_ref(),
        }
    }
}

fn section(group: Group, model: &Model, keymap: &Keymap) -> HelpSection {
    let context = context(model.ui.focus);
    let undo = keymap.keys_of(context, "undo").into_iter().next();
    // What one key takes back is marked with that key.
    let label = |action: &Action| match (&undo, action.grade) {
        (Some(undo), Grade::Reversible) if action.name != "undo" => format!("{} ({undo})", action.label),
        _ => action.label.to_owned(),
    };
    let keys = ACTIONS.iter().filter(|action| action.group == group).map(|action| FooterKey {
        keys: keymap.keys_of(context, action.name).join(", "),
        label: label(action),
        enabled: (action.available)(model).is_ok(),
    });
    HelpSection { title: group.label().to_owned(), keys: keys.collect() }
}

fn item(action: &Action, model: &Model, keymap: &Keymap) -> PaletteItem {
    PaletteItem {
        label: action.label.to_owned(),
        keys: keymap.keys_of(context(model.ui.focus), action.name).join(", "),
        unavailable: (action.available)(model).err().map(str::to_owned),
    }
}

fn which_key(model: &Model, keymap: &Keymap) -> WhichKey {
    let prefix: Vec<String> = model.ui.keys.iter().map(ToString::to_string).collect();
    let following = keymap.following(context(model.ui.focus), &model.ui.keys);
    let keys = following.into_iter().map(|(chord, next)| match next {
        Following::Action(name) => {
            let action = actions::find(&name);
            FooterKey {
                keys: chord.to_string(),
                label: action.map_or(name, |action| action.label.to_owned()),
                enabled: action.is_some_and(|action| (action.available)(model).is_ok()),
            }
        }
        Following::Keys(count) => {
            FooterKey { keys: chord.to_string(), label: format!("{count} more"), enabled: true }
        }
    });
    WhichKey { prefix: prefix.join(" "), keys: keys.collect() }
}
