//! How dialogs begin.

use std::time::Duration;

use ratatui_textarea::TextArea;
use tui_input::Input;

use super::{
    Answer, Choice, Compose, ComposeField, ComposeStage, Confirm, Editor, EditorPurpose, Modal, Next, OnYes,
    Picker, Prompt, PromptPurpose, Then,
};
use crate::domain::incident::Incident;
use crate::domain::role::Slug;
use crate::domain::text::{Line, Text};
use crate::tui::msg::Now;

/// Keys that come sooner after a question opened were meant for what was there before.
const ARMING: Duration = Duration::from_millis(250);

impl Picker {
    pub fn new(title: &str, choices: Vec<Choice>) -> Self {
        Picker { title: Line::clean(title), choices, otherwise: None, input: Input::default(), selected: 0 }
    }

    /// With a last choice, `label`, for somebody who is not in the list.
    #[must_use]
    pub fn or_ask(mut self, label: &str, prompt: Prompt) -> Self {
        self.otherwise = Some((Line::clean(label), prompt));
        self
    }

    /// The choices that have every word that was typed, in their order, and behind them what asks for another. That one
    /// begins with what was typed.
    pub fn matching(&self) -> impl Iterator<Item = Choice> {
        let typed = self.input.value().to_lowercase();
        let matching = self.choices.iter().filter(move |choice| {
            let text = format!("{} {}", choice.label, choice.detail).to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        });
        let otherwise = self.otherwise.as_ref().map(|(label, prompt)| {
            let typed = self.input.value().trim();
            let prompt = Prompt { input: Input::new(typed.to_owned()), ..prompt.clone() };
            let detail = if typed.is_empty() { Line::clean("type a handle") } else { Line::clean(typed) };
            Choice { label: label.clone(), detail, then: Then::Open(Box::new(Next::Prompt(prompt))) }
        });
        matching.cloned().chain(otherwise)
    }
}

impl Prompt {
    pub fn new(title: &str, hint: &str, purpose: PromptPurpose) -> Self {
        let (title, hint) = (Line::clean(title), Line::clean(hint));
        Prompt { title, hint, input: Input::default(), purpose, error: None }
    }

    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        self.input = Input::new(value.to_owned());
        self
    }
}

impl Editor {
    pub fn new(title: &str, text: &Text, purpose: EditorPurpose) -> Self {
        Editor { title: Line::clean(title), area: area(text), purpose, error: None }
    }

    pub fn text(&self) -> Text {
        Text::clean(&self.area.lines().join("\n"))
    }
}

impl Compose {
    /// Begins with what the last update said, so that only what changed must be typed.
    pub fn new(incident: &Incident, audience: Slug) -> Self {
        let what = if incident.summary.is_empty() { &*incident.title } else { &*incident.summary };
        Compose {
            incident: incident.id,
            seen: incident.revision,
            audience,
            areas: [area(what), area(""), area("")],
            next_in: Input::new("30".to_owned()),
            field: ComposeField::What,
            stage: ComposeStage::Editing { error: None },
        }
    }
}

impl Confirm {
    pub fn new(title: &str, text: &str, yes: &str, then: OnYes, now: Now) -> Self {
        Confirm {
            title: Line::clean(title),
            text: Line::clean(text),
            yes: Line::clean(yes),
            choice: Answer::Cancel,
            then,
            armed_at: now.mono + ARMING,
        }
    }
}

impl From<Next> for Modal {
    fn from(next: Next) -> Self {
        match next {
            Next::Picker(picker) => Modal::Picker(picker),
            Next::Prompt(prompt) => Modal::Prompt(prompt),
            Next::Confirm(confirm) => Modal::Confirm(confirm),
        }
    }
}

pub(super) fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.lines().map(str::to_owned).collect());
    area.move_cursor(ratatui_textarea::CursorMove::Bottom);
    area.move_cursor(ratatui_textarea::CursorMove::End);
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_in_the_list_can_be_typed_there() {
        let purpose = PromptPurpose::RoleHolder {
            incident: crate::domain::ids::IncidentId(1),
            role: "commander".parse().unwrap(),
            seen: crate::domain::ids::Revision(1),
        };
        let prompt = Prompt::new("Commander of INC-1", "their handle", purpose);
        let bo = Choice {
            label: Line::clean("@bo"),
            detail: Line::default(),
            then: Then::Forget { id: "x".parse().unwrap() },
        };
        let mut picker = Picker::new("Commander", vec![bo]).or_ask("somebody else…", prompt);
        assert_eq!(picker.matching().count(), 2);
        picker.input = Input::new("ana".to_owned());
        let left: Vec<Choice> = picker.matching().collect();
        let [Choice { label, then: Then::Open(next), .. }] = left.as_slice() else { panic!("{left:?}") };
        let Next::Prompt(prompt) = &**next else { panic!("{next:?}") };
        assert_eq!((&**label, prompt.input.value()), ("somebody else…", "ana"));
    }
}
