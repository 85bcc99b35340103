//! What comes from the keyboard and the terminal's window.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags};
use tokio::sync::mpsc;

use crate::failpoint::{self, Place};

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

/// How many times the keyboard may be ahead of the loop.
const AHEAD: usize = 64;
/// How long the thread may take to end. It only takes that long when the terminal was lost while it was being read.
const END: Duration = Duration::from_millis(100);
/// What came together is handed on together. Not nought: with that crossterm does not even look at what it has read.
const AT_ONCE: Duration = Duration::from_millis(1);
/// After something was handed on: how long it is looked whether crossterm has read more than it told.
const LINGER: Duration = Duration::from_millis(20);
/// Where bytes are there but make no key yet: how long the next are waited for.
const UNFINISHED: Duration = Duration::from_millis(100);

/// What the keyboard says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// All that was there at once, at least one.
    Inputs(Vec<Input>),
    /// The terminal is gone.
    HangUp,
    /// Nothing can be read any more, and not because the terminal were gone.
    Failed,
}

/// Reads the terminal, on a thread of its own that looks whether the terminal is still there before each read: crossterm's
/// own stream would spin on one that is lost, and say nothing. Dropped around a suspend, for a reader that is merely not
/// asked still takes what is meant for the shell.
#[derive(Debug)]
pub struct Keyboard {
    heard: mpsc::Receiver<Heard>,
    /// Closed to wake the thread for its end.
    wake: Option<PipeWriter>,
    ended: std::sync::mpsc::Receiver<()>,
}

impl Keyboard {
    /// # Errors
    ///
    /// When there is no terminal to be read, or no thread can be had.
    pub fn open() -> io::Result<Self> {
        let terminal = terminal()?;
        let (woken, wake) = io::pipe()?;
        let (told, heard) = mpsc::channel(AHEAD);
        let (alive, ended) = std::sync::mpsc::channel();
        thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            let _alive: std::sync::mpsc::Sender<()> = alive;
            let last = listen(&terminal, &woken, &told);
            if let Some(last) = last
                && told.blocking_send(last).is_err()
            {
                tracing::trace!("nobody listened to the keyboard any more");
            }
        })?;
        Ok(Keyboard { heard, wake: Some(wake), ended })
    }

    /// The next that is heard; after [`Heard::HangUp`] and [`Heard::Failed`] there is nothing more. Cancel safe.
    pub async fn next(&mut self) -> Heard {
        // A thread that panicked says nothing.
        self.heard.recv().await.unwrap_or(Heard::Failed)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.heard.close();
        drop(self.wake.take());
        // Whatever it says, the thread has ended or is as good as lost.
        let _ = self.ended.recv_timeout(END);
    }
}

/// Where keys come from: as for crossterm, the standard input, or else the terminal of the session.
fn terminal() -> io::Result<OwnedFd> {
    let stdin = rustix::stdio::stdin();
    match rustix::termios::isatty(stdin) {
        true => stdin.as_fd().try_clone_to_owned(),
        false => Ok(std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?.into()),
    }
}

/// Until nobody listens (`None`), or nothing can come any more.
fn listen(terminal: &OwnedFd, woken: &PipeReader, told: &mpsc::Sender<Heard>) -> Option<Heard> {
    loop {
        let mut poll = [PollFd::new(woken, PollFlags::IN), PollFd::new(terminal, PollFlags::IN)];
        match rustix::event::poll(&mut poll, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return failed(&error.into()),
        }
        let [end, terminal] = poll;
        if !end.revents().is_empty() {
            return None;
        }
        if terminal.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Some(Heard::HangUp);
        }
        failpoint::pass(Place::Keyboard);
        let mut patience = UNFINISHED;
        loop {
            match read(patience) {
                Ok(inputs) if inputs.is_empty() => break,
                Ok(inputs) => told.blocking_send(Heard::Inputs(join_bursts(inputs))).ok()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => break,
                Err(error) => return failed(&error),
            }
            patience = LINGER;
        }
    }
}

/// All that is there, if there is anything within `patience`.
fn read(mut patience: Duration) -> io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    while event::poll(patience)? {
        inputs.extend(convert(event::read()?));
        patience = AT_ONCE;
    }
    Ok(inputs)
}

fn failed(error: &io::Error) -> Option<Heard> {
    tracing::error!(%error, "the keyboard cannot be read any more");
    Some(Heard::Failed)
}

fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Press => Some(Input::Key(plain(key))),
        // The window's size is told by a signal, at once and not with the next key.
        Event::Key(_) | Event::Mouse(_) | Event::Resize(..) => None,
        Event::Paste(text) => Some(Input::Paste(text)),
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

/// Text that came as keys is text; all else stays as it came, and where.
fn join_bursts(inputs: Vec<Input>) -> Vec<Input> {
    let mut joined = Vec::with_capacity(inputs.len());
    for run in inputs.chunk_by(|one, next| typed(one).is_some() == typed(next).is_some()) {
        let text: String = run.iter().filter_map(typed).collect();
        // A key that is held down repeats on a slow link, and is no text.
        let varied = text.chars().any(|character| !text.starts_with(character));
        if text.chars().count() >= BURST && varied {
            joined.push(Input::Paste(text));
        } else {
            joined.extend_from_slice(run);
        }
    }
    joined
}

fn typed(input: &Input) -> Option<char> {
    match input {
        Input::Key(KeyEvent { code: KeyCode::Char(character), modifiers, .. }) if modifiers.is_empty() => {
            Some(*character)
        }
        Input::Key(KeyEvent { code: KeyCode::Enter, .. }) => Some('\n'),
        Input::Key(KeyEvent { code: KeyCode::Tab, .. }) => Some('\t'),
        Input::Key(_) | Input::Paste(_) | Input::Resize(..) | Input::FocusGained | Input::FocusLost => None,
    }
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
    fn what_came_with_a_paste_stays_before_or_behind_it() {
        let paste = Input::Paste("pasted".to_owned());
        let came = [keys("typed before"), vec![paste.clone()], keys("typed after")].concat();
        let text = |text: &str| Input::Paste(text.to_owned());
        assert_eq!(join_bursts(came), [text("typed before"), paste, text("typed after")]);
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
