//! What comes from the keyboard and the terminal's window.

use std::future::poll_fn;
use std::task::Poll;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(KeyEvent),
    /// Text in one piece; never keys, whatever it says.
    Paste(String),
    Resize(u16, u16),
    FocusGained,
    FocusLost,
}

/// More plain keys at once than anybody types: text pasted into a terminal that does not mark pastes.
const BURST: usize = 9;

/// Reads the terminal. Dropped around a suspend: a stream that is merely not polled still takes what others are to read.
pub struct Keyboard {
    events: EventStream,
}

impl std::fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyboard").finish_non_exhaustive()
    }
}

impl Default for Keyboard {
    fn default() -> Self {
        Keyboard { events: EventStream::new() }
    }
}

impl Keyboard {
    /// All that is there, at least one; `None` when nothing can come any more. Cancel safe.
    pub async fn next(&mut self) -> Option<Vec<Input>> {
        // Always polled with the task's own waker: the stream remembers the one it was last asked with, and wakes no other.
        poll_fn(|context| {
            let mut inputs = Vec::new();
            let ended = loop {
                match self.events.poll_next_unpin(context) {
                    Poll::Ready(Some(Ok(event))) => inputs.extend(convert(event)),
                    Poll::Ready(Some(Err(error))) => tracing::warn!(%error, "the terminal could not be read"),
                    Poll::Ready(None) => break true,
                    Poll::Pending => break false,
                }
            };
            match (inputs.is_empty(), ended) {
                (false, _) => Poll::Ready(Some(join_bursts(inputs))),
                (true, true) => Poll::Ready(None),
                (true, false) => Poll::Pending,
            }
        })
        .await
    }
}

fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Press => Some(Input::Key(plain(key))),
        Event::Key(_) | Event::Mouse(_) => None,
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
        Event::FocusGained => Some(Input::FocusGained),
        Event::FocusLost => Some(Input::FocusLost),
    }
}

/// Some terminals report `?` with the shift that it took to type it, others without: without, for all.
fn plain(key: KeyEvent) -> KeyEvent {
    match key.code {
        KeyCode::Char(_) => KeyEvent::new(key.code, key.modifiers - KeyModifiers::SHIFT),
        _ => KeyEvent::new(key.code, key.modifiers),
    }
}

fn join_bursts(inputs: Vec<Input>) -> Vec<Input> {
    let typed = |input: &Input| match input {
        Input::Key(KeyEvent { code: KeyCode::Char(character), modifiers, .. }) if modifiers.is_empty() => {
            Some(*character)
        }
        Input::Key(KeyEvent { code: KeyCode::Enter, .. }) => Some('\n'),
        Input::Key(KeyEvent { code: KeyCode::Tab, .. }) => Some('\t'),
        Input::Key(_) | Input::Paste(_) | Input::Resize(..) | Input::FocusGained | Input::FocusLost => None,
    };
    let text: String = inputs.iter().filter_map(typed).collect();
    // A key that is held down repeats on a slow link, and is no text.
    let varied = text.chars().any(|character| !text.starts_with(character));
    if text.chars().count() < BURST || !varied {
        return inputs;
    }
    let mut rest: Vec<Input> = inputs.into_iter().filter(|input| typed(input).is_none()).collect();
    rest.insert(0, Input::Paste(text));
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Input> {
        let key = |character| {
            let code = if character == '\n' { KeyCode::Enter } else { KeyCode::Char(character) };
            Input::Key(KeyEvent::new(code, KeyModifiers::NONE))
        };
        text.chars().map(key).collect()
    }

    #[test]
    fn a_runbook_pasted_without_marks_is_text_and_no_keys() {
        assert_eq!(join_bursts(keys("quit\nacknowledge")), [Input::Paste("quit\nacknowledge".to_owned())]);
    }

    #[test]
    fn quick_typing_and_a_key_that_is_held_stay_keys() {
        assert_eq!(join_bursts(keys("gi")).len(), 2);
        assert_eq!(join_bursts(keys("jjjjjjjjjjjj")).len(), 12);
    }

    #[test]
    fn only_presses_count_and_shift_is_in_the_character() {
        let mut key = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(
            convert(Event::Key(key)),
            Some(Input::Key(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::NONE)))
        );
        key.kind = KeyEventKind::Release;
        assert_eq!(convert(Event::Key(key)), None);
    }
}
