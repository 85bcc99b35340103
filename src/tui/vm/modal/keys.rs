//! The help, and the keys that can follow a prefix.

use super::{Dialog, Space};
use crate::tui::theme::Role;
use crate::tui::vm::chrome::{Chrome, FooterKey, WhichKey};
use crate::tui::vm::{Cx, Runs, run, text};

pub(super) fn help(scroll: u16, chrome: &Chrome<'_>, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new("Keys", space.wide(96));
    let columns = space.inside(dialog.width);
    // Two columns of keys where there is room for them.
    let abreast = if columns >= 72 { 2 } else { 1 };
    let wide = columns / abreast - usize::from(abreast > 1);
    for section in chrome.help {
        if !dialog.rows.is_empty() {
            dialog.blank();
        }
        dialog.say(Role::Title, &section.title);
        let half = section.keys.len().div_ceil(abreast);
        for row in 0..half {
            let mut runs = Runs::new();
            for column in 0..abreast {
                let Some(key) = section.keys.get(row + column * half) else { continue };
                if column > 0 {
                    runs.push(run(Role::Text, "  "));
                }
                runs.extend(entry(key, 12, wide, cx));
            }
            dialog.push(runs);
        }
    }
    let most = dialog.rows.len().saturating_sub(space.rows_beside(2));
    dialog.scroll = usize::from(scroll).min(most);
    dialog.foot.push(Runs::new());
    match most {
        0 => dialog.keys(&[("esc", "closes")]),
        _ => dialog.keys(&[("up/down", "scrolls"), ("esc", "closes")]),
    }
    dialog
}

/// The popup after a prefix: every key that can follow.
pub fn which_key(which: &WhichKey, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog =
        Dialog::new(format!("{} …", which.prefix).replace('…', cx.glyphs.ellipsis), space.wide(44));
    let columns = space.inside(dialog.width);
    for key in &which.keys {
        dialog.push(entry(key, 8, columns, cx));
    }
    dialog
}

fn entry(key: &FooterKey, keys: usize, columns: usize, cx: &Cx<'_>) -> Runs {
    let role = if key.enabled { Role::Text } else { Role::TextMuted };
    let label = columns.saturating_sub(keys + 1);
    vec![
        run(
            if key.enabled { Role::Key } else { Role::TextMuted },
            text::padded(&key.keys, keys, cx.glyphs.ellipsis),
        ),
        run(role, format!(" {}", text::padded(&key.label, label, cx.glyphs.ellipsis))),
    ]
}
