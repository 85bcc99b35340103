//! Keys while a dialog is open. The top one gets every key; nothing falls through to the room behind it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;
use tui_input::backend::crossterm::to_input_request;

use super::prompt::{Answered, answer};
use super::{
    Answer, Confirm, Editor, EditorPurpose, Modal, OnYes, Picker, Prompt, PromptPurpose, Then, build,
    compose, drafts,
};
use crate::domain::command::Command;
use crate::domain::text::{Line, Text};
use crate::tui::actions;
use crate::tui::effect::{Effect, Effects};
use crate::tui::keymap::Chord;
use crate::tui::model::{Model, Tone};
use crate::tui::msg::Now;
use crate::tui::palette;
use crate::tui::selection;

/// What becomes of the dialog that got the key.
pub(super) enum After {
    Stay(Modal),
    Close,
    /// Closes, and all under it too: the matter is settled.
    Done,
    Open(Modal),
}

/// Gives a key to the top dialog.
pub fn handle(model: &mut Model, key: KeyEvent, now: Now, effects: &mut Effects) {
    let Some(modal) = model.ui.modals.0.pop() else { return };
    let after = match modal {
        Modal::Editor(editor) if is_cancel(key) => {
            drafts::keep_text(model, &editor);
            After::Close
        }
        Modal::Prompt(Prompt { purpose: PromptPurpose::Filter { before, incident, chosen }, .. })
            if is_cancel(key) =>
        {
            narrow(model, before, effects);
            if incident.is_some_and(|id| model.board.contains(id)) {
                selection::show_incident(model, incident, effects);
                model.ui.chosen = chosen;
            }
            After::Close
        }
        _ if is_cancel(key) && !matches!(modal, Modal::Compose(_)) => After::Close,
        Modal::Picker(picker) => picker_key(picker, key, model, now, effects),
        Modal::Prompt(prompt) => prompt_key(prompt, key, model, now, effects),
        Modal::Editor(editor) => editor_key(editor, key, model, now, effects),
        Modal::Compose(it) => compose::key(it, key, model, now, effects),
        Modal::Confirm(confirm) => confirm_key(confirm, key, model, now, effects),
        Modal::Help { scroll } => scroll_key(key, scroll, model, now)
            .map_or(After::Close, |scroll| After::Stay(Modal::Help { scroll })),
        Modal::Details { about, scroll } => scroll_key(key, scroll, model, now)
            .map_or(After::Close, |scroll| After::Stay(Modal::Details { about, scroll })),
        Modal::Palette { input, selected } => palette_key(input, selected, key, model, now, effects),
        Modal::Paste { incident, text } => paste_key(incident, text, key, model),
    };
    settle(model, after);
}

fn settle(model: &mut Model, after: After) {
    match after {
        After::Stay(modal) => model.ui.modals.open(modal),
        After::Close => {}
        After::Done => model.ui.modals.0.clear(),
        After::Open(modal) => model.ui.modals.open(modal),
    }
}

/// Text that was pasted: into the field that has the keys, and never a key.
pub fn paste(model: &mut Model, text: &str) {
    let clean = Text::clean(text);
    let in_one_line = Line::clean(text);
    match model.ui.modals.0.last_mut() {
        Some(
            Modal::Picker(Picker { input, .. })
            | Modal::Prompt(Prompt { input, .. })
            | Modal::Palette { input, .. },
        ) => {
            insert(input, &in_one_line);
        }
        Some(Modal::Editor(editor)) => {
            editor.area.insert_str(&*clean);
        }
        Some(Modal::Compose(compose)) => compose.paste(&clean, &in_one_line),
        Some(Modal::Confirm(_) | Modal::Help { .. } | Modal::Details { .. } | Modal::Paste { .. }) => {}
        None => {
            let incident = model.ui.incident;
            model.ui.modals.open(Modal::Paste { incident, text: clean.to_string() });
        }
    }
}

fn insert(input: &mut tui_input::Input, text: &str) {
    for character in text.chars() {
        input.handle(InputRequest::InsertChar(character));
    }
}

pub(super) fn is_cancel(key: KeyEvent) -> bool {
    key.code == KeyCode::Esc || (key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL)
}

/// Up and down in a list, by arrows or by ctrl-p and ctrl-n: letters are for typing.
fn list_move(key: KeyEvent, selected: usize, len: usize) -> Option<usize> {
    let last = len.saturating_sub(1);
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Down => Some(selected.saturating_add(1).min(last)),
        KeyCode::Up => Some(selected.saturating_sub(1)),
        KeyCode::Char('n') if control => Some(selected.saturating_add(1).min(last)),
        KeyCode::Char('p') if control => Some(selected.saturating_sub(1)),
        KeyCode::PageDown => Some(selected.saturating_add(10).min(last)),
        KeyCode::PageUp => Some(selected.saturating_sub(10)),
        _ => None,
    }
}

pub(super) fn then(then: Then, model: &mut Model, now: Now, effects: &mut Effects) -> After {
    match then {
        Then::Send { command, seen } => match actions::second_yes(model, now, &command, seen) {
            Some(confirm) => After::Open(Modal::Confirm(confirm)),
            None => {
                model.send_as_seen(now, *command, seen, effects);
                After::Done
            }
        },
        Then::Open(next) => After::Open(Modal::from(*next)),
        Then::Forget { id } => {
            model.pending.remove(&id);
            effects.push(Effect::Forget { id });
            After::Done
        }
    }
}

fn picker_key(
    mut picker: Picker,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    let matching = picker.matching().count();
    if key.code == KeyCode::Enter {
        let chosen = picker.matching().nth(picker.selected).map(|choice| choice.then);
        return match chosen {
            Some(chosen) => then(chosen, model, now, effects),
            None => After::Stay(Modal::Picker(picker)),
        };
    }
    if let Some(selected) = list_move(key, picker.selected, matching) {
        picker.selected = selected;
    } else if to_request(&mut picker.input, key) {
        picker.selected = 0;
    }
    After::Stay(Modal::Picker(picker))
}

/// Whether the text changed.
pub(super) fn to_request(input: &mut tui_input::Input, key: KeyEvent) -> bool {
    let request = to_input_request(&crossterm::event::Event::Key(key));
    request.and_then(|request| input.handle(request)).is_some_and(|change| change.value)
}

fn prompt_key(
    mut prompt: Prompt,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    if key.code != KeyCode::Enter {
        to_request(&mut prompt.input, key);
        prompt.error = None;
        if matches!(prompt.purpose, PromptPurpose::Filter { .. }) {
            narrow(model, Line::clean(prompt.input.value().trim()), effects);
        }
        return After::Stay(Modal::Prompt(prompt));
    }
    match answer(&prompt, model, now) {
        Answered::Then(next) => then(next, model, now, effects),
        Answered::Filter(filter) => {
            narrow(model, filter, effects);
            After::Close
        }
        Answered::No(why) => {
            prompt.error = Some(why);
            After::Stay(Modal::Prompt(prompt))
        }
    }
}

fn narrow(model: &mut Model, filter: Line, effects: &mut Effects) {
    if model.ui.filter != filter {
        model.ui.filter = filter;
        model.rebuild_board(effects);
    }
}

/// Enter saves, alt-enter or ctrl-j begins a new line.
fn editor_key(
    mut editor: Box<Editor>,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let save = matches!(key.code, KeyCode::Enter) && key.modifiers.is_empty()
        || matches!(key.code, KeyCode::Char('s')) && control;
    if is_clear(key) {
        editor.area = build::area("");
    } else if new_line(key) {
        editor.area.insert_newline();
    } else if !save {
        editor.area.input(key);
    }
    if !save {
        editor.error = None;
        return After::Stay(Modal::Editor(editor));
    }
    let text = editor.text();
    let (command, seen) = match &editor.purpose {
        EditorPurpose::Note { incident } => {
            (Command::AddNote { incident: *incident, text: text.clone(), evidence: None }, None)
        }
        EditorPurpose::CorrectNote { incident, note } => {
            (Command::CorrectNote { incident: *incident, note: *note, text: text.clone() }, None)
        }
        EditorPurpose::Summary { incident, seen } => {
            (Command::ChangeSummary { incident: *incident, summary: text.clone() }, Some(*seen))
        }
    };
    if text.trim().is_empty() && !matches!(editor.purpose, EditorPurpose::Summary { .. }) {
        editor.error = Some(Line::clean("there is nothing written; Esc leaves"));
        return After::Stay(Modal::Editor(editor));
    }
    model.send_as_seen(now, command, seen, effects);
    After::Done
}

pub(super) fn is_clear(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('u') && key.modifiers == KeyModifiers::CONTROL
}

pub(super) fn new_line(key: KeyEvent) -> bool {
    matches!(
        (key.code, key.modifiers),
        (KeyCode::Enter, KeyModifiers::ALT) | (KeyCode::Char('j'), KeyModifiers::CONTROL)
    )
}

/// Only a yes that was moved to and entered counts, and none that was typed before the question was there.
fn confirm_key(
    mut confirm: Confirm,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    match key.code {
        _ if now.mono < confirm.armed_at => {}
        KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
            confirm.choice = confirm.choice.other()
        }
        KeyCode::Enter => {
            return match confirm.choice {
                Answer::Cancel => After::Close,
                Answer::Yes => {
                    match confirm.then {
                        OnYes::Send { command, seen } => {
                            model.send_as_seen(now, *command, seen, effects);
                        }
                        OnYes::SendLate { id } => {
                            model.ui.undo = None;
                            effects.push(Effect::Confirm { id });
                        }
                        OnYes::AcceptJournal => effects.push(Effect::AcceptJournal),
                    }
                    After::Done
                }
            };
        }
        _ => {}
    }
    After::Stay(Modal::Confirm(confirm))
}

impl Answer {
    pub(super) fn other(self) -> Self {
        match self {
            Answer::Cancel => Answer::Yes,
            Answer::Yes => Answer::Cancel,
        }
    }
}

/// `None` closes. A key that does nothing says so.
fn scroll_key(key: KeyEvent, scroll: u16, model: &mut Model, now: Now) -> Option<u16> {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => Some(scroll.saturating_add(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(scroll.saturating_add(10)),
        KeyCode::PageUp => Some(scroll.saturating_sub(10)),
        KeyCode::Home | KeyCode::Char('g') => Some(0),
        KeyCode::Enter | KeyCode::Char('q' | '?') => None,
        _ => {
            if let Some(chord) = Chord::from_event(key) {
                model.say(now, Tone::Plain, &format!("{chord} does nothing here; esc closes"));
            }
            Some(scroll)
        }
    }
}

fn palette_key(
    mut input: tui_input::Input,
    mut selected: usize,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    let matching = palette::matching(input.value());
    if key.code == KeyCode::Enter {
        if let Some(action) = matching.get(selected) {
            run(action, model, now, effects);
        }
        return After::Close;
    }
    if let Some(moved) = list_move(key, selected, matching.len()) {
        selected = moved;
    } else if to_request(&mut input, key) {
        selected = 0;
    }
    After::Stay(Modal::Palette { input, selected })
}

/// Runs an action if it can be done now, or says why not.
pub fn run(action: &actions::Action, model: &mut Model, now: Now, effects: &mut Effects) {
    // What was said of the last thing that was done is not about this one. What went wrong stays for its time.
    if model.ui.toast.as_ref().is_some_and(|toast| toast.tone != Tone::Bad) {
        model.ui.toast = None;
    }
    match (action.available)(model) {
        Ok(()) => (action.run)(model, now, effects),
        Err(why) => model.say(now, Tone::Plain, why),
    }
}

fn paste_key(
    incident: Option<crate::domain::ids::IncidentId>,
    text: String,
    key: KeyEvent,
    model: &mut Model,
) -> After {
    match (key.code, incident.filter(|id| model.room.incident(*id).is_some())) {
        (KeyCode::Char('n') | KeyCode::Enter, Some(incident)) => {
            let purpose = EditorPurpose::Note { incident };
            // Behind what was begun before, which must not be lost for it.
            let text = match model.ui.drafts.take_note(incident) {
                begun if begun.is_empty() => Text::clean(&text),
                begun => Text::clean(&format!("{begun}\n{text}")),
            };
            let editor = Editor::new(&format!("Note on {incident}"), &text, purpose);
            After::Open(Modal::Editor(Box::new(editor)))
        }
        _ => After::Close,
    }
}
