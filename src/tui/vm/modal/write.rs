//! Dialogs in which one writes: a line, many lines, or what was pasted.

use super::{Dialog, Space, field};
use crate::domain::ids::IncidentId;
use crate::tui::modal::{Editor, EditorPurpose, Prompt};
use crate::tui::theme::Role;
use crate::tui::vm::{Cx, run, text};

pub(super) fn prompt(prompt: &Prompt, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new(&*prompt.title, space.wide(66));
    let columns = space.inside(dialog.width);
    let (shown, cursor) = field::line(&prompt.input, columns.saturating_sub(2));
    dialog.push(vec![run(Role::BorderFocus, format!("{} ", cx.glyphs.cursor)), run(Role::TextStrong, shown)]);
    dialog.cursor = Some((0, cursor + 2));
    dialog.blank();
    let (role, says) = match &prompt.error {
        Some(error) => (Role::Danger, format!("{} {error}", cx.glyphs.failed)),
        None => (Role::TextMuted, prompt.hint.to_string()),
    };
    for row in text::wrap(&says, columns, 3, cx.glyphs.ellipsis) {
        dialog.say(role, row);
    }
    dialog.blank();
    dialog.keys(&[("enter", "takes it"), ("esc", "closes")]);
    dialog
}

pub(super) fn editor(editor: &Editor, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new(&*editor.title, space.wide(84));
    let columns = space.inside(dialog.width);
    // At least as high as a short note, so that it does not grow with every line.
    let height = space.rows_beside(3).min(14);
    let cursor = editor.area.cursor();
    let seen = field::lines(editor.area.lines(), (cursor.0, cursor.1), columns.saturating_sub(2), height);
    for row in &seen.rows {
        dialog.push(vec![run(Role::BorderFocus, format!("{} ", cx.glyphs.cursor)), run(Role::Text, row)]);
    }
    for _ in seen.rows.len()..height.min(8) {
        dialog.say(Role::BorderFocus, cx.glyphs.cursor);
    }
    dialog.cursor = Some((seen.cursor.0, seen.cursor.1 + 2));
    match &editor.error {
        Some(error) => dialog.foot.push(vec![run(Role::Danger, format!("{} {error}", cx.glyphs.failed))]),
        None => dialog.foot.push(vec![run(Role::TextMuted, "ctrl-u clears")]),
    }
    let leaves = match editor.purpose {
        EditorPurpose::Note { .. } => "keeps it for later",
        EditorPurpose::CorrectNote { .. } | EditorPurpose::Summary { .. } => "throws it away",
    };
    dialog.keys(&[("enter", "saves"), ("alt-enter", "new line"), ("esc", leaves)]);
    dialog
}

/// What was pasted where no field is open, and what can be done with it.
pub(super) fn paste(incident: Option<IncidentId>, pasted: &str, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = Dialog::new("Pasted text", space.wide(84));
    let columns = space.inside(dialog.width);
    let says = match incident {
        Some(incident) => format!("Nothing was done with it. Keep it as a note on {incident}?"),
        None => "Nothing was done with it. Select an incident to keep it as a note.".to_owned(),
    };
    dialog.say(Role::TextStrong, says);
    dialog.blank();
    let most = space.rows_beside(5).min(10);
    for row in text::wrap(pasted, columns, most, cx.glyphs.ellipsis) {
        dialog.say(Role::TextMuted, row);
    }
    dialog.blank();
    match incident {
        Some(_) => dialog.keys(&[("n", "writes a note with it"), ("esc", "throws it away")]),
        None => dialog.keys(&[("esc", "throws it away")]),
    }
    dialog
}
