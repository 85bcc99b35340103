//! What a frame costs: what is on the screen, however much is in the room.

use super::ALL_PANES;
use crate::domain::actor::Actor;
use crate::domain::ids::IncidentId;
use crate::domain::severity::Severity;
use crate::tui::fixture::{Story, busy, dark, screen, text_of};
use crate::tui::model::{Model, Scope};
use crate::tui::theme::Glyphs;
use crate::tui::vm::window::count;

#[test]
fn a_frame_costs_the_same_however_much_is_in_the_room() {
    let room = |incidents: u32, entries: u64| {
        let mut story = Story { model: busy(), seq: 1_000 };
        for id in 100..100 + incidents {
            story.declare("13:00:00", Actor::Hub, id, Severity::Sev3, "One of very many");
        }
        for number in 0..entries {
            story.note("13:30:00", "bo", 7, &format!("note number {number}"));
        }
        story.model.timeline.complete.insert(IncidentId(7));
        story.model
    };
    let size = (120, 40);
    let looked_at = |model: &Model| {
        count::take();
        let (buffer, drawn) = screen(model, size, &dark(), &Glyphs::UNICODE);
        (count::take(), text_of(&buffer), drawn)
    };
    let (mut small, mut large) = (room(100, 100), room(5_000, 100_000));
    for pane in ALL_PANES {
        for scope in [Scope::Incident, Scope::Room] {
            for model in [&mut small, &mut large] {
                (model.ui.focus, model.ui.view.scope) = (pane, scope);
            }
            let ((of_small, ..), (of_large, seen, drawn)) = (looked_at(&small), looked_at(&large));
            assert_eq!(of_small, of_large, "{pane:?} {scope:?}");
            assert!((40..400).contains(&of_large), "{of_large} for 40 rows: {pane:?} {scope:?}");
            // And whatever is not on the screen is not asked for in another way either.
            let mut shown = large.room.clone();
            shown.incidents.retain(|id, _| seen.contains(&id.to_string()));
            assert!(shown.incidents.len() < 40);
            let all = std::mem::replace(&mut large.room, shown);
            assert_eq!(looked_at(&large), (of_large, seen, drawn), "{pane:?} {scope:?}");
            large.room = all;
        }
    }
}

#[test]
fn a_busy_feed_jumps_now_and_then_instead_of_scrolling_all_the_time() {
    let mut story = Story { model: busy(), seq: 1_000 };
    let size = (120, 40);
    let mut changed = Vec::new();
    let (mut before, drawn) = screen(&story.model, size, &dark(), &Glyphs::UNICODE);
    story.model.ui.tops = drawn.tops;
    for number in 0..60 {
        story.note("14:03:00", "bo", 7, &format!("note number {number}"));
        let (after, drawn) = screen(&story.model, size, &dark(), &Glyphs::UNICODE);
        assert!(text_of(&after).contains(&format!("note number {number}\n")));
        changed.push(before.diff(&after).len());
        before = after;
        story.model.ui.tops = drawn.tops;
    }
    let still = changed.iter().filter(|cells| **cells < 80).count();
    assert!(still >= 50, "{changed:?}");
}
