//! Themes and keymaps: the user's own files first, then what is shipped. A file that is there and cannot be read is told,
//! as it is for the settings: whoever put it there means it.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::config::Folders;
use super::exit::Exit;
use crate::tui::actions::ACTIONS;
use crate::tui::keymap::{self, Keymap};
use crate::tui::term::caps::ColorDepth;
use crate::tui::theme::{self, Theme};

/// A theme by name (the user's folder, then what is shipped) or by path.
///
/// # Errors
///
/// A sentence: there is no such theme, its file cannot be read, or what is wrong in it and where.
pub fn theme(name: &str, depth: ColorDepth, folders: &Folders) -> Result<Theme, Exit> {
    let (folder, shipped) = (folders.config.join("themes"), &theme::SHIPPED);
    let text = named(name, &folder, shipped)?.ok_or_else(|| missing("theme", name, &folder, shipped))?;
    // Whoever inherits from a file that cannot be read hears of that file, and not that it is not there.
    let unreadable = RefCell::new(None);
    let find = |parent: &str| {
        named(parent, &folder, shipped).unwrap_or_else(|exit| {
            unreadable.replace(Some(exit));
            None
        })
    };
    let loaded = theme::load(name, &text, depth, &find);
    match unreadable.take() {
        Some(exit) => Err(exit),
        None => loaded.map_err(|error| Exit::usage(error.to_string())),
    }
}

/// The default keys, under the keymap that was chosen, under the user's own `user.toml`.
///
/// # Errors
///
/// A sentence: there is no such keymap, a file cannot be read, or what is wrong in it and where.
pub fn keymap(name: &str, folders: &Folders) -> Result<Keymap, Exit> {
    let (folder, shipped) = (folders.config.join("keymaps"), &keymap::SHIPPED);
    let chosen = named(name, &folder, shipped)?.ok_or_else(|| missing("keymap", name, &folder, shipped))?;
    let user = named("user", &folder, &[])?.unwrap_or_default();
    let default = of_those("default", shipped).unwrap_or_default();
    let actions: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
    let layers =
        [("default", default.as_str()), (name, chosen.as_str()), ("keymaps/user.toml", user.as_str())];
    keymap::load(&layers, &actions).map_err(|error| Exit::usage(error.to_string()))
}

/// The text of a file by path (anything with a slash or an ending) or by name; none when there is no such file.
fn named(name: &str, folder: &Path, shipped: &[(&str, &str)]) -> Result<Option<String>, Exit> {
    let is_path = name.contains('/') || name.ends_with(".toml");
    let path = if is_path { PathBuf::from(name) } else { folder.join(format!("{name}.toml")) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(if is_path { None } else { of_those(name, shipped) })
        }
        Err(error) => Err(Exit::usage(format!("{}: {error}", path.display()))),
    }
}

fn of_those(name: &str, shipped: &[(&str, &str)]) -> Option<String> {
    shipped.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| (*text).to_owned())
}

fn missing(what: &str, name: &str, folder: &Path, shipped: &[(&str, &str)]) -> Exit {
    let shipped: Vec<&str> = shipped.iter().map(|(name, _)| *name).collect();
    Exit::usage(format!(
        "there is no {what} “{name}”: shipped are {}, and your own would be in {}",
        shipped.join(", "),
        folder.display()
    ))
}
