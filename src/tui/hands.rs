//! Random hands on the keyboard while random things happen: what must hold whatever comes.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use crate::domain::actor::Actor;
use crate::domain::event::{Declared, Entry, Event, TaskAdded};
use crate::domain::ids::{EntryId, IncidentId, Seq, TaskId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::text::{Line, Text};
use crate::link::{LinkEvent, LinkStatus};
use crate::tui::actions::ACTIONS;
use crate::tui::fixture::{busy, dark, now, screen, text_of};
use crate::tui::keymap::{Keymap, SHIPPED, load};
use crate::tui::modal::{DetailsAbout, Modal};
use crate::tui::model::{Anchor, Model, Pane};
use crate::tui::msg::{Msg, Now};
use crate::tui::term::input::Input;
use crate::tui::theme::Glyphs;
use crate::tui::update::{next_due, update};

#[derive(Debug, Clone)]
enum Happens {
    Key(KeyEvent),
    Paste(String),
    Resize(u16, u16),
    Entry(u32, Event),
    Link(bool),
    Time(u64),
}

fn keys() -> impl Strategy<Value = KeyEvent> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let named = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
    ];
    let control = |character| KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL);
    prop_oneof![
        6 => prop::char::range('!', '~').prop_map(move |character| plain(KeyCode::Char(character))),
        5 => prop::sample::select(named.to_vec()).prop_map(plain),
        1 => prop::sample::select(vec!['p', 'n', 's', 'j', 'l', 'r']).prop_map(control),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let status = prop::sample::select(Status::ALL.to_vec());
    prop_oneof![
        any::<bool>().prop_map(|worst| Event::Declared(Declared {
            title: Line::clean("Something new"),
            kind: None,
            severity: if worst { Severity::Sev0 } else { Severity::Sev3 },
            services: Default::default(),
            summary: Text::default(),
            drill: false,
            impact_started: None,
            group: None,
        })),
        (status.clone(), status).prop_map(|(from, to)| Event::StatusChanged { from, to, reason: None }),
        ".{0,200}".prop_map(|text| Event::NoteAdded { text: Text::clean(&text), evidence: None }),
        Just(Event::Acknowledged),
        (1..4_u32).prop_map(|into| Event::Merged { into: IncidentId(into) }),
        (1..9_u32).prop_map(|task| Event::TaskAdded(TaskAdded {
            task: TaskId(task),
            title: Line::clean("Look"),
            owner: None,
            stage: None,
            role: None,
            required: false,
            due: None,
        })),
        (1..9_u32).prop_map(|task| Event::TaskCompleted { task: TaskId(task) }),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        12 => keys().prop_map(Happens::Key),
        1 => ".{0,40}".prop_map(Happens::Paste),
        1 => (1..220_u16, 1..70_u16).prop_map(|(columns, rows)| Happens::Resize(columns, rows)),
        5 => (1..12_u32, events()).prop_map(|(incident, event)| Happens::Entry(incident, event)),
        1 => any::<bool>().prop_map(Happens::Link),
        1 => (1..30_000_u64).prop_map(Happens::Time),
    ]
}

fn keymap() -> Keymap {
    let names: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
    load(&SHIPPED[..1], &names).unwrap()
}

fn message(model: &Model, happens: Happens, at: Now) -> Msg {
    match happens {
        Happens::Key(key) => Msg::Input(Input::Key(key)),
        Happens::Paste(text) => Msg::Input(Input::Paste(text)),
        Happens::Resize(columns, rows) => Msg::Input(Input::Resize(columns, rows)),
        Happens::Entry(incident, event) => {
            let entry = Entry {
                seq: model.room.seq.next(),
                id: EntryId(uuid::Uuid::nil()),
                at: at.wall,
                actor: Actor::Hub,
                incident: Some(IncidentId(incident)),
                event,
            };
            Msg::Link(LinkEvent::Entries(vec![Arc::new(entry)]))
        }
        Happens::Link(true) => Msg::Link(LinkEvent::Status(LinkStatus::Live { rtt: None })),
        Happens::Link(false) => Msg::Link(LinkEvent::Status(LinkStatus::Late { since: at.wall })),
        Happens::Time(_) => Msg::Due,
    }
}

/// What must hold after every message.
fn hold(model: &Model, at: Now) -> Result<(), TestCaseError> {
    match model.ui.incident {
        Some(id) => prop_assert!(model.board.contains(id), "{id} is selected and not on the board"),
        None => prop_assert!(model.board.is_empty(), "nothing is selected and the board is not empty"),
    }
    if let Anchor::At { seq, .. } = model.ui.view.anchor {
        prop_assert!(seq != Seq::START);
    }
    let tasks = model.selected().map(|incident| &incident.tasks);
    prop_assert!(model.ui.task.is_none_or(|task| tasks.is_some_and(|tasks| tasks.contains_key(&task))));
    prop_assert!(
        model.ui.modals.is_empty() || model.ui.keys.is_empty(),
        "a dialog and a prefix have the keys"
    );
    prop_assert!(next_due(model, at) > at.mono, "the loop would spin");
    prop_assert_eq!(model.board.iter().count(), model.board.len());
    Ok(())
}

/// Presses keys, one character each; `enter` and `esc` by name.
fn press(model: &mut Model, keys: &[&str]) {
    let keymap = keymap();
    for key in keys {
        let code = match *key {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "f5" => KeyCode::F(5),
            key => KeyCode::Char(key.chars().next().unwrap()),
        };
        update(model, &keymap, now(), Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }
}

fn said(model: &Model) -> &str {
    model.ui.toast.as_ref().map_or("", |toast| &*toast.text)
}

#[test]
fn a_key_that_is_bound_to_nothing_says_so_until_the_next_action() {
    let mut model = busy();
    model.rebuild_board(&mut Vec::new());
    for (key, says) in [("x", "x is bound to nothing"), ("Z", "Z is bound"), ("f5", "f5 is bound")] {
        press(&mut model, &[key]);
        assert!(said(&model).contains(says), "{}", said(&model));
        press(&mut model, &["esc"]);
        assert_eq!(said(&model), "");
    }
    press(&mut model, &["enter", "x"]);
    assert_eq!(said(&model), "x does nothing here; esc closes");
    assert!(matches!(model.ui.modals.top(), Some(Modal::Details { .. })));
}

#[test]
fn the_filter_narrows_while_one_types_and_esc_brings_everything_back() {
    let mut model = busy();
    model.rebuild_board(&mut Vec::new());
    let (all, selected) = (model.board.len(), model.ui.incident);
    press(&mut model, &["/", "W", "a", "r", "e"]);
    assert_eq!(model.board.iter().collect::<Vec<_>>(), [IncidentId(8)]);
    press(&mut model, &["esc"]);
    assert_eq!((model.board.len(), model.ui.incident), (all, selected));
    press(&mut model, &["/", "W", "a", "r", "e", "enter"]);
    assert_eq!((model.board.len(), said(&model)), (1, ""));
    press(&mut model, &["esc", "esc"]);
    assert_eq!((model.board.len(), said(&model)), (all, ""));
}

#[test]
fn enter_on_an_slo_opens_its_details() {
    let mut model = busy();
    model.rebuild_board(&mut Vec::new());
    model.ui.focus = Pane::Slos;
    press(&mut model, &["j", "enter"]);
    let second = Line::clean("checkout-latency");
    assert!(
        matches!(model.ui.modals.top(), Some(Modal::Details { about: DetailsAbout::Slo(name), .. }) if *name == second)
    );
    model.ui.modals.close();
    model.gauges.clear();
    press(&mut model, &["enter"]);
    assert!(matches!(model.ui.modals.top(), Some(Modal::Details { about: DetailsAbout::Incident(_), .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_hands_and_events_do_the_screen_stands(
        story in prop::collection::vec(happens(), 1..120)
    ) {
        let (keymap, theme) = (keymap(), dark());
        let mut model = busy();
        model.rebuild_board(&mut Vec::new());
        let mut at = now();
        for (step, happens) in story.into_iter().enumerate() {
            if let Happens::Time(millis) = happens {
                at.mono += Duration::from_millis(millis);
                at.wall = at.wall.plus(Duration::from_millis(millis));
            }
            let msg = message(&model, happens, at);
            let _effects = update(&mut model, &keymap, at, msg);
            hold(&model, at)?;
            // Drawing is the dear part; every few steps are enough to see every state.
            if step % 7 == 0 {
                let size = model.ui.size;
                let (buffer, drawn) = screen(&model, size, &theme, &Glyphs::UNICODE);
                model.ui.tops = drawn.tops;
                prop_assert!(!text_of(&buffer).trim().is_empty(), "an empty frame at {size:?}");
            }
        }
    }
}
