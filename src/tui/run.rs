//! The loop: one task that takes everything that happens in one order, updates the model, draws when something changed
//! and the terminal has taken the frame before. Nothing in it waits for the network or the terminal.

use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::chrome;
use super::draw::draw;
use super::effect::{Effect, Effects};
use super::frame::{Frames, Pace};
use super::keymap::Keymap;
use super::model::Model;
use super::msg::{Msg, Now};
use super::term::caps::Capabilities;
use super::term::guard::{self, Guard};
use super::term::ink::Ink;
use super::term::input::{Heard, Input, Keyboard};
use super::term::signals::{self, Signals, Told};
use super::term::writer::{Failure, Writer};
use super::theme::{Glyphs, Theme};
use super::update::{next_due, update};
use super::widgets::Look;
use crate::domain::ids::Cursor;
use crate::domain::text::Line;
use crate::failpoint::{self, Place};
use crate::link::clock::ClockOffset;
use crate::link::{LinkEvent, LinkHandle, Surroundings};

/// What the room is opened with.
#[derive(Debug)]
pub struct Setup {
    pub model: Model,
    pub keymap: Keymap,
    pub theme: Theme,
    pub glyphs: Glyphs,
    pub capabilities: Capabilities,
    pub low_bandwidth: bool,
    pub link: LinkHandle,
    pub events: mpsc::Receiver<LinkEvent>,
    /// Cancelled when the hub in this process has ended by itself; the room cannot outlive it.
    pub hub_ended: CancellationToken,
    /// Of the cached room that the model begins with.
    pub place: Option<Cursor>,
    /// With this machine's clock; the hub's is reckoned from it.
    pub surroundings: Surroundings,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub why: Why,
    /// For the cache: what was on the screen, and its place in the journal.
    pub model: Model,
    pub place: Option<Cursor>,
    pub link: LinkHandle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The person quit, or the system asked us to.
    Quit,
    /// The terminal is gone.
    HangUp,
    /// A part of the program panicked; what happened is in the log.
    Fault(Part),
}

/// What the room cannot be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The loop: what it held in memory is not to be relied on.
    Room,
    Screen,
    Keyboard,
    Link,
    Hub,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Room => "the room",
            Part::Screen => "its writing to the screen",
            Part::Keyboard => "its reading of the keyboard",
            Part::Link => "its link to the hub",
            Part::Hub => "the hub in this process",
        })
    }
}

/// How many events of the link are taken before a frame may be drawn.
const BATCH: usize = 256;

/// How long a frame that is under way may hold up that the terminal is given back.
const LAST_FRAME: Duration = Duration::from_millis(150);

/// Runs the room until somebody quits, the terminal is gone, or a part of the program has panicked. The terminal is as it was found when this returns.
///
/// # Errors
///
/// When there is no terminal that could be drawn on.
pub async fn run(setup: Setup) -> io::Result<Ended> {
    guard::install_panic_hook();
    let signals = Signals::listen()?;
    let (columns, rows) = crossterm::terminal::size()?;
    let writer = Writer::start()?;
    let keyboard = Keyboard::open()?;
    let guard = Guard::enter()?;
    let ink = Ink::new(columns, rows, setup.capabilities.color);
    let area = Rect::new(0, 0, columns, rows);
    let terminal = Terminal::with_options(ink, TerminalOptions { viewport: Viewport::Fixed(area) });
    let Ok(terminal) = terminal;
    let pace = Pace::of(setup.capabilities.remote, setup.low_bandwidth);
    let mut room = Loop {
        model: setup.model,
        keymap: setup.keymap,
        theme: setup.theme,
        glyphs: setup.glyphs,
        link: setup.link,
        surroundings: setup.surroundings,
        offset: ClockOffset::default(),
        place: setup.place,
        began: Instant::now(),
        frames: Frames::new(pace),
        terminal,
        writer,
        guard: Some(guard),
        keyboard: Some(keyboard),
        signals,
        hub_ended: setup.hub_ended,
    };
    room.model.ui.size = (columns, rows);
    room.frames.ask_now();
    // What the loop holds is given up after a panic, all but what ends the rest in good order.
    let gone = AssertUnwindSafe(room.go(setup.events)).catch_unwind().await;
    let why = gone.unwrap_or(Why::Fault(Part::Room));
    // A frame that is under way must not land on the shell's screen.
    room.writer.settle(LAST_FRAME).await;
    // What is typed from now on is for the shell.
    room.keyboard = None;
    drop(room.guard.take());
    Ok(Ended { why, model: room.model, place: room.place, link: room.link })
}

struct Loop {
    model: Model,
    keymap: Keymap,
    theme: Theme,
    glyphs: Glyphs,
    link: LinkHandle,
    surroundings: Surroundings,
    offset: ClockOffset,
    place: Option<Cursor>,
    began: Instant,
    frames: Frames,
    terminal: Terminal<Ink>,
    writer: Writer,
    guard: Option<Guard>,
    /// None while suspended.
    keyboard: Option<Keyboard>,
    signals: Signals,
    hub_ended: CancellationToken,
}

enum Happened {
    Told(Told),
    Keys(Heard),
    HubEnded,
    Link(Option<LinkEvent>),
    FrameOut,
    Due,
}

impl Loop {
    async fn go(&mut self, mut events: mpsc::Receiver<LinkEvent>) -> Why {
        loop {
            failpoint::pass(Place::Loop);
            if self.guard.is_none() || self.keyboard.is_none() {
                // After a suspend it could not be had again.
                return Why::HangUp;
            }
            self.draw_if_due();
            match self.writer.failure() {
                None => {}
                Some(Failure::Terminal) => return Why::HangUp,
                Some(Failure::Thread) => return Why::Fault(Part::Screen),
            }
            let due = self.next_deadline();
            let waiting_for_writer = !self.writer.is_idle();
            let happened = tokio::select! {
                biased;
                told = self.signals.next() => Happened::Told(told),
                keys = next_keys(&mut self.keyboard) => Happened::Keys(keys),
                () = self.hub_ended.cancelled() => Happened::HubEnded,
                event = events.recv() => Happened::Link(event),
                () = self.writer.idle(), if waiting_for_writer => Happened::FrameOut,
                () = tokio::time::sleep_until(due) => Happened::Due,
            };
            let ended = match happened {
                Happened::Told(told) => self.told(told).await,
                Happened::Keys(heard) => self.heard(heard).await,
                Happened::HubEnded => Some(Why::Fault(Part::Hub)),
                Happened::Link(Some(event)) => self.take_events(event, &mut events).await,
                // Nobody but us ends it.
                Happened::Link(None) => Some(Why::Fault(Part::Link)),
                Happened::FrameOut => None,
                Happened::Due => {
                    self.frames.ask_soon(self.began.elapsed());
                    self.take(Msg::Due).await
                }
            };
            if let Some(why) = ended {
                return why;
            }
        }
    }

    /// Everything that the link has ready, then one frame.
    async fn take_events(&mut self, first: LinkEvent, events: &mut mpsc::Receiver<LinkEvent>) -> Option<Why> {
        self.frames.ask_soon(self.began.elapsed());
        let more = std::iter::from_fn(|| events.try_recv().ok());
        for mut event in std::iter::once(first).chain(more).take(BATCH) {
            match &mut event {
                LinkEvent::Status(status) => *status = status.clone().by_the_hub(self.offset),
                LinkEvent::Clock(offset) => self.offset = *offset,
                LinkEvent::Hello(welcome) => self.offset = welcome.offset,
                LinkEvent::Snapshot { journal, room, .. } => {
                    // Whoever waits for the room does not wait for the pace of its changes.
                    self.frames.ask_now();
                    self.place = Some(Cursor { journal: *journal, seq: room.seq });
                }
                LinkEvent::Policy(_)
                | LinkEvent::Entries(_)
                | LinkEvent::Gauges(_)
                | LinkEvent::GaugesMoved(_)
                | LinkEvent::Presence(_)
                | LinkEvent::Health(_)
                | LinkEvent::Outbox(_)
                | LinkEvent::NotKept(_)
                | LinkEvent::Kept
                | LinkEvent::Timeline { .. } => {}
            }
            let why = self.take(Msg::Link(event)).await;
            if let Some(place) = &mut self.place {
                place.seq = self.model.room.seq;
            }
            if why.is_some() {
                return why;
            }
        }
        None
    }

    async fn take(&mut self, msg: Msg) -> Option<Why> {
        let mut effects = self.update(msg);
        let mut ended = None;
        while !effects.is_empty() {
            let mut further = Effects::new();
            for effect in effects {
                let why = self.perform(effect, &mut further).await;
                ended = ended.or(why);
            }
            effects = further;
        }
        ended
    }

    fn update(&mut self, msg: Msg) -> Effects {
        let now = self.now();
        update(&mut self.model, &self.keymap, now, msg)
    }

    async fn perform(&mut self, effect: Effect, further: &mut Effects) -> Option<Why> {
        let taken = match effect {
            Effect::Send { id, command, seen } => (id.clone(), self.link.submit_under(id, *command, seen)),
            Effect::Confirm { id } => (id.clone(), self.link.confirm(id)),
            Effect::Forget { id } => (id.clone(), self.link.forget(id)),
            Effect::Quit => return Some(Why::Quit),
            other => {
                self.perform_here(other).await;
                return None;
            }
        };
        if let (id, Err(full)) = taken {
            let why = Line::clean(&full.to_string());
            further.extend(self.update(Msg::NotTaken { id, why }));
        }
        None
    }

    /// What cannot fail, or tells of it by itself.
    async fn perform_here(&mut self, effect: Effect) {
        match effect {
            Effect::Presence { incident } => self.link.presence(incident, None),
            Effect::FetchTimeline { incident, before } => {
                if self.link.fetch_timeline(incident, before).is_err() {
                    // The next move in the timeline asks again.
                    self.model.timeline.fetching.remove(&incident);
                }
            }
            Effect::RetryNow => self.link.retry_now(),
            Effect::AcceptJournal => self.link.accept_journal(),
            Effect::Repaint => self.repaint(),
            Effect::Suspend => self.suspend().await,
            Effect::Send { .. } | Effect::Confirm { .. } | Effect::Forget { .. } | Effect::Quit => {}
        }
    }

    async fn told(&mut self, told: Told) -> Option<Why> {
        match told {
            Told::End => return Some(Why::Quit),
            Told::HangUp => return Some(Why::HangUp),
            Told::Stop => self.suspend().await,
            Told::Continue => self.resume(),
            Told::Resized => match crossterm::terminal::size() {
                Ok((columns, rows)) => return self.input(vec![Input::Resize(columns, rows)]).await,
                Err(error) => tracing::warn!(%error, "the terminal does not say how large it is"),
            },
        }
        None
    }

    async fn heard(&mut self, heard: Heard) -> Option<Why> {
        match heard {
            Heard::Inputs(inputs) => self.input(inputs).await,
            Heard::HangUp => Some(Why::HangUp),
            Heard::Failed => Some(Why::Fault(Part::Keyboard)),
        }
    }

    async fn input(&mut self, inputs: Vec<Input>) -> Option<Why> {
        self.frames.ask_now();
        for input in inputs {
            let why = self.take(Msg::Input(input)).await;
            if why.is_some() {
                return why;
            }
        }
        None
    }

    fn draw_if_due(&mut self) {
        let elapsed = self.began.elapsed();
        if self.guard.is_none() || !self.writer.is_idle() || !self.frames.is_due(elapsed) {
            return;
        }
        self.frames.drawn(elapsed);
        let now = self.now();
        let Loop { model, keymap, theme, glyphs, terminal, .. } = self;
        let look = Look { theme, glyphs };
        let keys = chrome::Keys::of(model, keymap, now);
        let mut tops = None;
        let Ok(_) = terminal.draw(|frame| {
            let drawn = draw(frame.buffer_mut(), model, look, &keys.chrome(), now);
            if let Some(position) = drawn.cursor {
                frame.set_cursor_position(position);
            }
            tops = Some(drawn.tops);
        });
        if let Some(tops) = tops {
            model.ui.tops = tops;
        }
        self.writer.write(&terminal.backend_mut().take());
    }

    /// Everything anew, at the size that the terminal has now.
    fn repaint(&mut self) {
        let (columns, rows) = crossterm::terminal::size().unwrap_or(self.model.ui.size);
        self.model.ui.size = (columns, rows);
        self.terminal.backend_mut().resize(columns, rows);
        let Ok(()) = self.terminal.resize(Rect::new(0, 0, columns, rows));
        self.frames.ask_now();
    }

    /// Gives the terminal back and stops; goes on here when somebody says `fg`.
    async fn suspend(&mut self) {
        // A reader that is merely not asked would still take what is typed to the shell.
        self.keyboard = None;
        // The thread stops with the process: the rest of its frame would land on the shell's screen, or after `fg`.
        self.writer.settle(LAST_FRAME).await;
        drop(self.guard.take());
        if let Err(error) = signals::stop_ourselves() {
            tracing::warn!(%error, "this process cannot be stopped");
        }
        self.resume();
    }

    fn resume(&mut self) {
        if self.guard.is_none() {
            match Guard::enter() {
                Ok(guard) => self.guard = Some(guard),
                Err(error) => tracing::warn!(%error, "the terminal cannot be taken over again"),
            }
        }
        if self.keyboard.is_none() && self.guard.is_some() {
            match Keyboard::open() {
                Ok(keyboard) => self.keyboard = Some(keyboard),
                Err(error) => tracing::warn!(%error, "the keyboard cannot be read again"),
            }
        }
        self.repaint();
    }

    fn now(&self) -> Now {
        Now { wall: self.offset.to_hub(self.surroundings.now()), mono: self.began.elapsed() }
    }

    fn next_deadline(&self) -> Instant {
        let due = next_due(&self.model, self.now());
        let frame = self.frames.next().filter(|_| self.writer.is_idle());
        self.began + frame.map_or(due, |frame| frame.min(due))
    }
}

async fn next_keys(keyboard: &mut Option<Keyboard>) -> Heard {
    match keyboard {
        Some(keyboard) => keyboard.next().await,
        None => std::future::pending().await,
    }
}
