//! The full screen with hostile text in every field: the bytes that leave for the terminal hold no sequence but ours.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use warroom::domain::command::Command;
use warroom::domain::comms::Update;
use warroom::domain::ids::{CommandId, Seq};
use warroom::domain::text::{Line, Text};
use warroom::link::outbox::Sent;
use warroom::link::{LinkEvent, LinkStatus};
use warroom::tui::actions::{ACTIONS, Action};
use warroom::tui::chrome::Keys;
use warroom::tui::draw::draw;
use warroom::tui::keymap::{self, Keymap};
use warroom::tui::modal::{self, Answer, Compose, ComposeStage, Consent, DetailsAbout, Modal};
use warroom::tui::model::{Anchor, Model, Pane, Pending, PendingState, Scope};
use warroom::tui::msg::{Msg, Now};
use warroom::tui::term::caps::ColorDepth;
use warroom::tui::term::ink::Ink;
use warroom::tui::term::input::Input;
use warroom::tui::theme::{self, Glyphs, Theme};
use warroom::tui::update::update;
use warroom::tui::widgets::Look;

use crate::allowed::{Sender, assert_allowed};
use crate::corpus::{naughty, need_the_collection, rows_of};
use crate::story::{INCIDENT, events, now};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// Above so many bytes a text is looked at in fewer places, and its beginning in the others: drawing without optimisation
/// takes its time.
const LONG: usize = 1_500;

/// A terminal that keeps every byte that it was sent.
struct Eye {
    terminal: Terminal<Ink>,
    bytes: Vec<u8>,
}

impl Eye {
    fn new((columns, rows): (u16, u16)) -> Self {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, columns, rows)) };
        let ink = Ink::new(columns, rows, ColorDepth::TrueColor);
        Eye { terminal: Terminal::with_options(ink, options).unwrap(), bytes: Vec::new() }
    }
}

/// A person at a terminal, of which the screen is looked at in some sizes.
struct Person<'a> {
    text: &'a str,
    model: Model,
    now: Now,
    eyes: Vec<Eye>,
}

/// Read once, for it takes longer than drawing.
static KEYMAP: LazyLock<Keymap> = LazyLock::new(|| {
    let names: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
    keymap::load(&keymap::SHIPPED[..1], &names).unwrap()
});
static THEME: LazyLock<Theme> = LazyLock::new(|| {
    let shipped = |name: &str| theme::SHIPPED.iter().find(|(known, _)| *known == name);
    let find = |name: &str| shipped(name).map(|(_, text)| (*text).to_owned());
    theme::load("dark", &find("dark").unwrap(), ColorDepth::TrueColor, &find).unwrap()
});

impl<'a> Person<'a> {
    fn new(text: &'a str, sizes: &[(u16, u16)]) -> Self {
        let mut person = Person {
            text,
            model: Model::new(Line::clean(text), 7, (80, 24)),
            now: now(),
            eyes: sizes.iter().copied().map(Eye::new).collect(),
        };
        for event in events(text) {
            person.tell(Msg::Link(event));
        }
        person.model.ui.incident = Some(INCIDENT);
        person
    }

    fn tell(&mut self, msg: Msg) {
        drop(update(&mut self.model, &KEYMAP, self.now, msg));
    }

    fn key(&mut self, code: KeyCode) {
        self.tell(Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }

    /// Draws the screen, as the loop does.
    fn look(&mut self) {
        let keys = Keys::of(&self.model, &KEYMAP, self.now);
        for eye in &mut self.eyes {
            let (model, now) = (&self.model, self.now);
            let look = Look { theme: &THEME, glyphs: &Glyphs::UNICODE };
            eye.terminal
                .draw(|frame| {
                    let drawn = draw(frame.buffer_mut(), model, look, &keys.chrome(), now);
                    // A sequence like one of ours would not be seen among the bytes.
                    for cell in &frame.buffer_mut().content {
                        assert!(!cell.symbol().chars().any(char::is_control), "{cell:?}");
                    }
                    if let Some(position) = drawn.cursor {
                        frame.set_cursor_position(position);
                    }
                })
                .unwrap();
            eye.bytes.extend(eye.terminal.backend_mut().take());
        }
    }

    /// What all of it sent.
    #[track_caller]
    fn harmless(&mut self, what: &str) {
        self.look();
        for eye in &mut self.eyes {
            let bytes = std::mem::take(&mut eye.bytes);
            assert_allowed(
                &bytes,
                Sender::Screen,
                &format!("{what} with {:?}", self.text.escape_debug().to_string()),
            );
        }
    }

    fn open(&mut self, modal: Modal) {
        self.model.ui.modals.0.clear();
        self.model.ui.modals.open(modal);
    }
}

/// Every pane, every state of the link, pending commands, the word at the foot.
fn panes(person: &mut Person<'_>) {
    for pane in Pane::ALL {
        person.model.ui.focus = pane;
        person.look();
    }
    person.harmless("panes");
    person.model.ui.view.scope = Scope::Room;
    person.model.ui.view.anchor = Anchor::At { seq: Seq(11), newest: Seq(12) };
    person.model.ui.focus = Pane::Timeline;
    person.harmless("timeline");
    let (at, text) = (person.now.wall, Line::clean(person.text));
    let raw = |status: LinkStatus| {
        serde_json::from_value(serde_json::to_value(LinkEvent::Status(status)).unwrap()).unwrap()
    };
    person.tell(Msg::Link(raw(LinkStatus::Offline { since: at, next_try: at, why: text.clone() })));
    person.look();
    person.tell(Msg::Link(raw(LinkStatus::Refused { since: at, next_try: at, reason: text.clone() })));
    person.look();
    person.tell(Msg::Link(LinkEvent::Status(LinkStatus::Live { rtt: None })));
    person.tell(Msg::Trouble(text.clone()));
    let note = Command::AddNote { incident: INCIDENT, text: Text::clean(person.text), evidence: None };
    let fresh_yes = PendingState::NeedsFreshYes { why: text.clone(), sent: Sent::Perhaps };
    for (id, state) in [("a", PendingState::Refused(text.clone())), ("b", fresh_yes)] {
        let pending = Pending { command: note.clone(), since: Duration::ZERO, state };
        person.model.pending.insert(id.parse::<CommandId>().unwrap(), pending);
    }
    person.tell(Msg::NotTaken { id: "a".parse().unwrap(), why: text.clone() });
    person.model.ui.filter = text;
    person.harmless("banner, toast, pending commands and filter");
    person.model.ui.filter = Line::default();
    person.model.ui.toast = None;
}

/// What shows an entry, an incident or an alert in full, and the preview of what goes out.
fn dialogs(person: &mut Person<'_>) {
    let entries: Vec<Seq> = person.model.timeline.entries.keys().copied().collect();
    let alerts = person.model.room.alerts.waiting.keys().copied().collect::<Vec<_>>();
    assert!(entries.len() > 20 && !alerts.is_empty());
    let about = entries.into_iter().map(DetailsAbout::Entry);
    let about =
        about.chain([DetailsAbout::Incident(INCIDENT)]).chain(alerts.into_iter().map(DetailsAbout::Alert));
    let slos = person.model.gauges.keys().cloned().map(DetailsAbout::Slo).collect::<Vec<_>>();
    for about in about.chain(slos).collect::<Vec<_>>() {
        person.open(Modal::Details { about, scroll: 0 });
        person.look();
    }
    person.harmless("details");
    let clean = Text::clean(person.text);
    let update = Update {
        what: clean.clone(),
        impact: clean.clone(),
        action: clean,
        next_update_at: Some(person.now.wall),
    };
    let incident = person.model.room.incident(INCIDENT).unwrap();
    let message = update.render(&incident.about(), "customers".parse().unwrap());
    let (no, yes) = (Consent::Choice(Answer::Cancel), Consent::Choice(Answer::Yes));
    let stages = [
        ComposeStage::Preview { message: message.clone(), consent: no, scroll: 0 },
        ComposeStage::Preview { message, consent: yes, scroll: 9 },
        ComposeStage::Editing { error: Some(Line::clean(person.text)) },
        ComposeStage::Failed { reason: Line::clean(person.text) },
    ];
    for stage in stages {
        let mut compose =
            Compose::new(person.model.room.incident(INCIDENT).unwrap(), "customers".parse().unwrap());
        compose.stage = stage;
        person.open(Modal::Compose(Box::new(compose)));
        person.look();
    }
    person.harmless("preview");
    person.model.ui.modals.0.clear();
}

/// Each action on it: what it opens, with the text pasted and typed into it, and what follows.
fn actions(person: &mut Person<'_>) {
    for action in ACTIONS {
        act(person, action);
    }
    person.harmless("what is left");
    // The keys that may follow one.
    person.model.ui.focus = Pane::Incidents;
    person.key(KeyCode::Char('g'));
    person.now.mono += Duration::from_secs(1);
    person.look();
    person.harmless("which-key");
    person.key(KeyCode::Esc);
    person.tell(Msg::Input(Input::Paste(person.text.to_owned())));
    person.harmless("a paste where no field is open");
    person.model.ui.modals.0.clear();
}

fn act(person: &mut Person<'_>, action: &Action) {
    let now = person.now;
    modal::run(action, &mut person.model, now, &mut Vec::new());
    if person.model.ui.modals.is_empty() {
        return;
    }
    person.tell(Msg::Input(Input::Paste(person.text.to_owned())));
    person.look();
    person.key(KeyCode::Backspace);
    for c in person.text.chars().filter(|c| !c.is_control()).take(12) {
        person.key(KeyCode::Char(c));
    }
    person.look();
    person.now.mono += Duration::from_secs(2);
    person.key(KeyCode::Enter);
    person.harmless(action.name);
    person.model.ui.modals.0.clear();
    person.model.ui.keys.clear();
}

/// The board, an incident in full, and the whole timeline.
fn glance(person: &mut Person<'_>) {
    person.look();
    person.open(Modal::Details { about: DetailsAbout::Incident(INCIDENT), scroll: 0 });
    person.look();
    for eye in &person.eyes {
        assert!(!eye.bytes.is_empty(), "nothing was drawn");
    }
    person.model.ui.modals.0.clear();
    person.model.ui.view.scope = Scope::Room;
    person.model.ui.focus = Pane::Timeline;
    person.harmless("a glance");
}

/// So many at once as the machine has processors.
fn each(texts: &[String], look: impl Fn(usize, &str) + Sync) {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((number, text)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|number| Some((number, texts.get(number)?)))
                {
                    look(number, text);
                }
            });
        }
    });
}

fn terminal_rows() -> Vec<String> {
    let texts = rows_of("terminal").into_iter().map(|row| String::from_utf8_lossy(&row.bytes()).into_owned());
    texts.collect()
}

#[test]
fn no_string_of_the_collection_acts_on_the_terminal_from_any_pane() {
    need_the_collection!();
    each(&terminal_rows(), |_, text| {
        if text.len() > LONG {
            return glance(&mut Person::new(text, &SIZES[1..]));
        }
        let mut person = Person::new(text, &SIZES);
        panes(&mut person);
        dialogs(&mut person);
    });
}

#[test]
fn no_string_of_the_collection_acts_on_the_terminal_from_any_dialog() {
    need_the_collection!();
    // One size after the other: what is typed is seen in every dialog, in either.
    each(&terminal_rows(), |number, text| {
        let short: String = text.chars().take(LONG / 4).collect();
        actions(&mut Person::new(&short, &SIZES[number % 2..][..1]));
    });
}

#[test]
fn no_naughty_string_acts_on_the_terminal() {
    need_the_collection!();
    each(&naughty(), |number, text| glance(&mut Person::new(text, &SIZES[number % 2..][..1])));
}

/// The check on the product's own way: a cell that somebody filled without cleaning is found.
#[test]
fn a_raw_text_that_gets_into_a_cell_would_be_found() {
    for text in
        ["\u{1b}]0;x\u{7}", "\u{1b}[1A", "a\u{202e}b", "a\u{200b}b", "a\u{e0041}b", "a\u{9b}b", "a\u{7}b"]
    {
        let mut eye = Eye::new((20, 3));
        eye.terminal
            .draw(|frame| {
                frame.buffer_mut()[(1, 1)].set_symbol(text);
            })
            .unwrap();
        let bytes = eye.terminal.backend_mut().take();
        assert!(
            !crate::allowed::violations(&bytes, Sender::Screen).is_empty(),
            "{text:?} left unseen: {bytes:?}"
        );
    }
}
