//! Writing an update. What the preview shows is the message that goes out, byte for byte; it is made once, there.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;
use tui_input::Input;

use super::keys::{After, is_cancel, is_clear, new_line, to_request};
use super::{Answer, Compose, ComposeField, ComposeStage, Consent, DRILL_PHRASE, Modal, build, drafts};
use crate::domain::command::Command;
use crate::domain::comms::{Message, Update};
use crate::domain::incident::Incident;
use crate::domain::text::{Line, Text};
use crate::tui::effect::Effects;
use crate::tui::model::{Model, PendingState, Tone};
use crate::tui::msg::Now;

pub(super) fn key(
    mut compose: Box<Compose>,
    key: KeyEvent,
    model: &mut Model,
    now: Now,
    effects: &mut Effects,
) -> After {
    match std::mem::replace(&mut compose.stage, ComposeStage::Editing { error: None }) {
        ComposeStage::Editing { .. } if is_cancel(key) => {
            drafts::keep_update(model, compose);
            return After::Close;
        }
        ComposeStage::Editing { .. } => compose.edit(key, model, now),
        ComposeStage::Preview { .. } if is_cancel(key) => {}
        ComposeStage::Preview { message, consent, scroll } => match (key.code, consent) {
            (KeyCode::Enter, consent) if consent.is_given() => compose.send(message, model, now, effects),
            (KeyCode::Enter, Consent::Choice(_)) => {}
            (KeyCode::Down | KeyCode::PageDown, consent) => {
                compose.stage = ComposeStage::Preview { message, consent, scroll: scroll.saturating_add(1) };
            }
            (KeyCode::Up | KeyCode::PageUp, consent) => {
                compose.stage = ComposeStage::Preview { message, consent, scroll: scroll.saturating_sub(1) };
            }
            (_, mut consent) => {
                consent.key(key);
                compose.stage = ComposeStage::Preview { message, consent, scroll };
            }
        },
        // It is on its way; leaving the dialog does not call it back.
        ComposeStage::Sending { .. } if is_cancel(key) => return After::Done,
        ComposeStage::Sending { id } => compose.stage = ComposeStage::Sending { id },
        ComposeStage::Failed { .. } => {}
    }
    After::Stay(Modal::Compose(compose))
}

/// After news of the outbox: whether the update that is on its way has been taken, or why not.
pub fn follow(model: &mut Model, now: Now) {
    let Some(compose) = model.ui.modals.composing() else { return };
    let ComposeStage::Sending { id } = &compose.stage else { return };
    let id = id.clone();
    let failed = match model.pending.get(&id).map(|pending| &pending.state) {
        Some(PendingState::Queued | PendingState::Sending) => return,
        Some(PendingState::Refused(reason)) => reason.clone(),
        // It stays in the outbox under its id, and is asked about there: perhaps it did go out.
        Some(PendingState::NeedsFreshYes { .. }) => {
            model.ui.modals.0.retain(|modal| !matches!(modal, Modal::Compose(_)));
            return;
        }
        Some(PendingState::Accepted(_)) | None => {
            model.ui.modals.0.retain(|modal| !matches!(modal, Modal::Compose(_)));
            model.say(now, Tone::Good, "the update is published; its deliveries show in the timeline");
            return;
        }
    };
    // The dialog says why; the row need not say it again.
    model.pending.remove(&id);
    if let Some(compose) = model.ui.modals.composing() {
        compose.stage = ComposeStage::Failed { reason: failed };
    }
}

impl Consent {
    /// What the update of this incident takes, and none of it is there yet.
    fn asked_for(incident: &Incident) -> Self {
        if incident.drill { Consent::Phrase(Input::default()) } else { Consent::Choice(Answer::Cancel) }
    }

    fn is_given(&self) -> bool {
        match self {
            Consent::Choice(answer) => *answer == Answer::Yes,
            Consent::Phrase(typed) => typed.value().trim() == DRILL_PHRASE,
        }
    }

    fn key(&mut self, key: KeyEvent) {
        match self {
            Consent::Choice(answer) => {
                if matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab) {
                    *answer = answer.other();
                }
            }
            Consent::Phrase(typed) if is_clear(key) => *typed = Input::default(),
            Consent::Phrase(typed) => {
                to_request(typed, key);
            }
        }
    }
}

impl Compose {
    fn send(&mut self, message: Message, model: &mut Model, now: Now, effects: &mut Effects) {
        let command = Command::SendUpdate { incident: self.incident, message };
        let id = model.send_as_seen(now, command, Some(self.seen), effects);
        self.stage = ComposeStage::Sending { id };
    }

    fn edit(&mut self, key: KeyEvent, model: &Model, now: Now) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, self.field) {
            (KeyCode::Char('s'), _) if control => self.preview(model, now),
            (KeyCode::Enter, ComposeField::NextIn) => self.preview(model, now),
            (KeyCode::Tab, _) => self.field = self.field.next(),
            (KeyCode::BackTab, _) => self.field = self.field.previous(),
            (KeyCode::Left, ComposeField::Audience) => self.turn_audience(model, true),
            (KeyCode::Right | KeyCode::Char(' '), ComposeField::Audience) => self.turn_audience(model, false),
            (KeyCode::Enter | KeyCode::Down, ComposeField::Audience) => self.field = self.field.next(),
            (_, ComposeField::Audience) => {}
            (_, ComposeField::NextIn) => {
                to_request(&mut self.next_in, key);
            }
            (_, ComposeField::What | ComposeField::Impact | ComposeField::Action) => {
                if let Some(area) = self.area() {
                    if is_clear(key) {
                        *area = build::area("");
                    } else if new_line(key) {
                        area.insert_newline();
                    } else {
                        area.input(key);
                    }
                }
            }
        }
    }

    pub(super) fn paste(&mut self, text: &Text, in_one_line: &Line) {
        if !matches!(self.stage, ComposeStage::Editing { .. }) {
            return;
        }
        if let Some(area) = self.area() {
            area.insert_str(&**text);
        } else if self.field == ComposeField::NextIn {
            self.next_in = Input::new(in_one_line.to_string());
        }
    }

    fn area(&mut self) -> Option<&mut TextArea<'static>> {
        let at = match self.field {
            ComposeField::What => 0,
            ComposeField::Impact => 1,
            ComposeField::Action => 2,
            ComposeField::Audience | ComposeField::NextIn => return None,
        };
        self.areas.get_mut(at)
    }

    fn turn_audience(&mut self, model: &Model, back: bool) {
        let audiences = &model.policy.audiences;
        let at = audiences.iter().position(|audience| audience.name == self.audience).unwrap_or(0);
        let by = if back { audiences.len().saturating_sub(1) } else { 1 };
        if let Some(audience) = audiences.iter().cycle().nth(at + by) {
            self.audience = audience.name.clone();
        }
    }

    fn preview(&mut self, model: &Model, now: Now) {
        self.stage = match self.message(model, now) {
            Ok((message, consent)) => ComposeStage::Preview { message, consent, scroll: 0 },
            Err(why) => ComposeStage::Editing { error: Some(Line::clean(why)) },
        };
    }

    /// What would go out, and what it takes for that.
    fn message(&self, model: &Model, now: Now) -> Result<(Message, Consent), &'static str> {
        let incident =
            model.room.incident(self.incident).ok_or("the incident is not in the room any more")?;
        let [what, impact, action] = &self.areas;
        let text = |area: &TextArea<'_>| Text::clean(&area.lines().join("\n"));
        let typed = self.next_in.value().trim();
        let next_update_at = match typed.parse::<u64>() {
            _ if typed.is_empty() => None,
            Ok(minutes) if (1..=7 * 24 * 60).contains(&minutes) => {
                Some(now.wall.plus(Duration::from_secs(minutes * 60)))
            }
            _ => return Err("the next update comes in 1 to 10080 minutes; empty: never"),
        };
        let update = Update { what: text(what), impact: text(impact), action: text(action), next_update_at };
        if update.what.trim().is_empty() {
            return Err("say what is happening");
        }
        Ok((update.render(&incident.about(), self.audience.clone()), Consent::asked_for(incident)))
    }
}

impl ComposeField {
    const ORDER: [ComposeField; 5] = [
        ComposeField::Audience,
        ComposeField::What,
        ComposeField::Impact,
        ComposeField::Action,
        ComposeField::NextIn,
    ];

    fn next(self) -> Self {
        self.turned(1)
    }

    fn previous(self) -> Self {
        self.turned(Self::ORDER.len() - 1)
    }

    fn turned(self, by: usize) -> Self {
        let at = Self::ORDER.iter().position(|field| *field == self).unwrap_or(0);
        Self::ORDER.iter().cycle().nth(at + by).copied().unwrap_or(self)
    }
}
