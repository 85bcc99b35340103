//! The room as it is worked in: its panes at the sizes that matter, and what is always on the screen.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::buffer::Buffer;

use super::{ALL_PANES, SIZES, offline};
use crate::domain::actor::Actor;
use crate::domain::command::Command;
use crate::domain::ids::{CommandId, IncidentId, Seq};
use crate::domain::severity::Severity;
use crate::tui::draw::draw;
use crate::tui::fixture::{Story, busy, dark, line, now, person, screen, text, text_of};
use crate::tui::model::{Anchor, Model, Pane, Pending, PendingState, Scope, Toast, Tone};
use crate::tui::theme::Glyphs;
use crate::tui::undo::{Undo, UndoStage};
use crate::tui::vm::chrome::Chrome;
use crate::tui::widgets::Look;

#[test]
fn a_busy_room_at_three_sizes() {
    for size in SIZES {
        insta::assert_snapshot!(format!("busy_{}x{}", size.0, size.1), text(&busy(), size));
    }
}

#[test]
fn the_edges_of_each_layout() {
    for size in [(60, 20), (110, 24), (170, 40)] {
        insta::assert_snapshot!(format!("edge_{}x{}", size.0, size.1), text(&busy(), size));
    }
}

#[test]
fn an_empty_room_says_what_to_do_first() {
    insta::assert_snapshot!("empty_80x24", text(&Story::new().model, (80, 24)));
    insta::assert_snapshot!("empty_120x40", text(&Story::new().model, (120, 40)));
}

#[test]
fn one_row_of_tasks_says_how_many_more_there_are_and_shows_ones_own_first() {
    let mut model = busy();
    let says = |model: &Model| {
        text(model, (80, 24)).lines().find(|row| row.starts_with(" Tasks")).map(str::to_owned)
    };
    assert!(says(&model).is_some_and(|row| row.contains("T-1") && row.contains("+2 more")));
    model.link.you.as_mut().unwrap().handle = "fay".parse().unwrap();
    assert!(says(&model).is_some_and(|row| row.contains("T-2") && row.contains("+2 more")));
    let offline = says(&offline());
    assert!(offline.as_ref().is_some_and(|row| row.contains("T-1")), "{offline:?}");
}

#[test]
fn what_was_asked_for_shows_on_its_row_until_it_is_true_or_refused() {
    let mut model = busy();
    let pending = |command, state| Pending { command, since: Duration::from_secs(598), state };
    let id = |id: &str| id.parse::<CommandId>().unwrap();
    model
        .pending
        .insert(id("a"), pending(Command::Acknowledge { incident: IncidentId(8) }, PendingState::Sending));
    let change = Command::ChangeSeverity { incident: IncidentId(7), severity: Severity::Sev0 };
    let refused = PendingState::Refused(line("@bo changed the severity to SEV2 a moment ago"));
    model.pending.insert(id("b"), pending(change, refused));
    model.ui.toast =
        Some(Toast { text: line("acknowledged INC-8"), tone: Tone::Good, until: Duration::from_secs(605) });
    model.ui.undo = Some(Undo {
        of: id("a"),
        inverse: Command::Unacknowledge { incident: IncidentId(8) },
        label: line("the acknowledgement of INC-8"),
        stage: UndoStage::Offered { seen: None, until: Duration::from_secs(606) },
    });
    insta::assert_snapshot!("pending_80x24", text(&model, (80, 24)));
    insta::assert_snapshot!("pending_120x40", text(&model, (120, 40)));
}

#[test]
fn every_pane_can_be_looked_at_on_a_small_screen() {
    for pane in ALL_PANES {
        let mut model = busy();
        model.ui.focus = pane;
        model.ui.task = Some(crate::domain::ids::TaskId(2));
        model.ui.alert = model.room.alerts.waiting.keys().next().copied();
        model.ui.slo = Some(line("search-availability"));
        model.ui.responder = Some("bo".parse().unwrap());
        if pane == Pane::Timeline {
            let newest = model.newest_shown().unwrap();
            model.ui.view.anchor = Anchor::At { seq: Seq(newest.0 - 6), newest: Seq(newest.0 - 4) };
        }
        let (buffer, drawn) = screen(&model, (80, 24), &dark(), &Glyphs::UNICODE);
        assert!(drawn.cursor.is_some(), "{pane:?}");
        insta::assert_snapshot!(format!("focus_{pane:?}_80x24"), text_of(&buffer));
    }
}

#[test]
fn the_room_scope_names_incidents_and_days() {
    let mut model = busy();
    model.ui.view.scope = Scope::Room;
    let mut wall = now();
    wall.wall = "2026-11-24T00:03:17Z".parse().unwrap();
    let mut story = Story { model, seq: 100 };
    story.tell_at(
        "2026-11-24T00:01:00Z".parse().unwrap(),
        person("dee"),
        Some(IncidentId(4)),
        crate::domain::event::Event::Acknowledged,
    );
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 40));
    let look = Look { theme: &dark(), glyphs: &Glyphs::UNICODE };
    draw(&mut buffer, &story.model, look, &Chrome::default(), wall);
    assert!(text_of(&buffer).contains("00:01:00Z @dee         INC-4 acknowledged"));
    insta::assert_snapshot!("room_scope_120x40", text_of(&buffer));
}

#[test]
fn a_screen_that_is_too_small_still_says_how_bad_it_is() {
    insta::assert_snapshot!("too_small_52x18", text(&busy(), (52, 18)));
    for (width, height) in [(52, 18), (59, 40), (200, 19), (16, 3), (12, 2)] {
        let seen = text(&busy(), (width, height));
        assert!(seen.contains("SEV1"), "{width}x{height} {seen}");
        assert!(seen.contains("LIVE"), "{width}x{height} {seen}");
    }
}

#[test]
fn the_selected_incident_and_entry_are_always_on_the_screen() {
    let mut story = Story { model: busy(), seq: 1_000 };
    for id in 100..160 {
        story.declare("13:00:00", Actor::Hub, id, Severity::Sev3, "One of many");
    }
    let mut model = story.model;
    let all: BTreeMap<usize, IncidentId> = model.board.iter().enumerate().collect();
    for step in (0..all.len()).chain((0..all.len()).rev()) {
        model.ui.incident = Some(all[&step]);
        let (_, drawn) = screen(&model, (80, 24), &dark(), &Glyphs::UNICODE);
        assert!(drawn.cursor.is_some(), "{step}");
        model.ui.tops = drawn.tops;
    }
    model.ui.incident = Some(IncidentId(7));
    model.ui.focus = Pane::Timeline;
    let entries: Vec<Seq> = model.timeline.by_incident[&IncidentId(7)].keys().copied().collect();
    for seq in entries.iter().rev().chain(&entries).copied() {
        model.ui.view.anchor = Anchor::At { seq, newest: seq };
        let (_, drawn) = screen(&model, (80, 24), &dark(), &Glyphs::UNICODE);
        assert!(drawn.cursor.is_some(), "{seq}");
        model.ui.tops = drawn.tops;
    }
}
