//! Dialogs in which one chooses: one of a list, an action by name, yes or no.

use super::{Dialog, DialogRow, Space, buttons, field};
use crate::tui::modal::{Answer, Confirm, Picker};
use crate::tui::theme::Role;
use crate::tui::vm::chrome::Chrome;
use crate::tui::vm::{Cx, Runs, run, text, window};

/// The most rows of a list in a dialog.
const ROWS: usize = 14;

pub(super) fn picker(picker: &Picker, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new(&*picker.title, space.wide(66));
    let columns = space.inside(dialog.width);
    typed(&mut dialog, &picker.input, "type to narrow", columns, cx);
    let choices: Vec<_> = picker.matching().collect();
    let label = choices.iter().map(|choice| text::width(&choice.label)).max().unwrap_or(0).min(columns / 2);
    let rows = choices.iter().map(|choice| {
        vec![
            run(Role::Text, text::padded(&choice.label, label, cx.glyphs.ellipsis)),
            run(Role::TextMuted, format!("  {}", choice.detail)),
        ]
    });
    list(&mut dialog, rows.collect(), picker.selected, space, cx);
    dialog.keys(&[("enter", "chooses"), ("up/down", "moves"), ("esc", "closes")]);
    dialog
}

pub(super) fn palette(
    input: &tui_input::Input,
    selected: usize,
    chrome: &Chrome<'_>,
    cx: &Cx<'_>,
    space: Space,
) -> Dialog {
    let mut dialog = Dialog::new("What to do", space.wide(66));
    let columns = space.inside(dialog.width);
    typed(&mut dialog, input, "type the name of an action", columns, cx);
    let keys = chrome.palette.iter().map(|item| text::width(&item.keys)).max().unwrap_or(0).min(14);
    let rows = chrome.palette.iter().map(|item| {
        let role = if item.unavailable.is_some() { Role::TextMuted } else { Role::Text };
        let mut row = vec![
            run(Role::Key, text::padded(&item.keys, keys, cx.glyphs.ellipsis)),
            run(role, format!("  {}", item.label)),
        ];
        if let Some(why) = &item.unavailable {
            row.push(run(Role::TextMuted, format!("  ({why})")));
        }
        row
    });
    list(&mut dialog, rows.collect(), selected, space, cx);
    dialog.keys(&[("enter", "does it"), ("up/down", "moves"), ("esc", "closes")]);
    dialog
}

/// A yes or no. Nothing is chosen by a key that was meant for something else: it starts on no.
pub(super) fn confirm(confirm: &Confirm, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new(&*confirm.title, space.wide(62));
    dialog.tone = Role::Danger;
    let columns = space.inside(dialog.width);
    for row in text::wrap(&confirm.text, columns, 8, cx.glyphs.ellipsis) {
        dialog.say(Role::Text, row);
    }
    dialog.foot.push(Runs::new());
    dialog.foot.push(buttons("Cancel", &confirm.yes, confirm.choice == Answer::Yes, Role::Danger));
    dialog.foot.push(Runs::new());
    dialog.keys(&[("left/right", "chooses"), ("enter", "takes it"), ("esc", "cancels")]);
    dialog
}

/// The line that is typed, with a word where nothing is.
fn typed(dialog: &mut Dialog, input: &tui_input::Input, empty: &str, columns: usize, cx: &Cx<'_>) {
    let (shown, cursor) = field::line(input, columns.saturating_sub(2));
    let words =
        if input.value().is_empty() { run(Role::TextMuted, empty) } else { run(Role::TextStrong, shown) };
    dialog.push(vec![run(Role::BorderFocus, format!("{} ", cx.glyphs.cursor)), words]);
    dialog.cursor = Some((0, cursor + 2));
    dialog.blank();
}

fn list(dialog: &mut Dialog, mut rows: Vec<Runs>, selected: usize, space: Space, cx: &Cx<'_>) {
    if rows.is_empty() {
        dialog.say(Role::TextMuted, "Nothing matches.");
        dialog.blank();
        return;
    }
    // The line that is typed, a blank, the rows, the count and the keys.
    let seen = window::page(rows.len(), selected, ROWS.min(space.rows_beside(4)));
    let count = rows.len();
    let (first, last) = (seen.start, seen.end);
    for (place, runs) in rows.drain(seen).enumerate() {
        let selected = first + place == selected;
        let mark = if selected { cx.glyphs.cursor } else { " " };
        let runs = std::iter::once(run(Role::BorderFocus, mark)).chain(runs).collect();
        dialog.rows.push(DialogRow { runs, selected });
    }
    match count > last - first {
        true => dialog.say(Role::TextMuted, format!("{} {} to {last} of {count}", cx.glyphs.more, first + 1)),
        false => dialog.blank(),
    }
}
