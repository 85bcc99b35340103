//! Text from outside stays in its row.

use proptest::prelude::*;

use super::{ALL_PANES, dialogs};
use crate::domain::change::{Change, ChangeKind, Phase};
use crate::domain::event::Event;
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::severity::Severity;
use crate::domain::text::Text;
use crate::tui::fixture::{Story, at, busy, dark, line, person, screen};
use crate::tui::model::Anchor;
use crate::tui::theme::Glyphs;

/// Text that tries to leave its row, turn it around, widen it or end it.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        Just("\u{1b}[2J\u{1b}]52;c;aGk=\u{7}".to_owned()),
        Just("a\u{202e}b\u{2066}c\u{200b}d".to_owned()),
        Just("支払い失敗👩‍👩‍👧‍👦é́́́".to_owned()),
        Just("x".repeat(3000)),
        Just("line\n".repeat(400)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_text_from_outside_breaks_a_screen(
        text in hostile(), width in 1u16..220, height in 1u16..65, pane in 0usize..6, modal in 0usize..18,
        anchor in proptest::option::of(1u64..60), ascii in any::<bool>(),
    ) {
        let mut story = Story { model: busy(), seq: 1_000 };
        story.declare("13:00:00", person("bo"), 9, Severity::Sev0, &text);
        story.note("14:03:00", "bo", 7, &text);
        story.note("14:03:01", "bo", 9, &text);
        story.tell_at(at("14:00:00"), person("bo"), None, Event::ChangesRecorded { changes: vec![Change {
            id: "ci:1".parse().unwrap(),
            source: "ci".parse().unwrap(),
            kind: ChangeKind::Deploy,
            at: at("13:50:00"),
            phase: Phase::Failed,
            phase_at: at("13:51:00"),
            service: Some(line(&text)),
            environment: Some(line(&text)),
            version: None,
            by: None,
            title: line(&text),
            link: None,
            rollout: None,
        }] });
        let mut model = story.model;
        let incident = model.room.incidents.get_mut(&IncidentId(7)).unwrap();
        incident.title = line(&text);
        incident.summary = Text::clean(&text);
        for task in incident.tasks.values_mut() {
            task.title = line(&text);
        }
        for alert in model.room.alerts.waiting.values_mut() {
            alert.name = line(&text);
            alert.summary = line(&text);
        }
        for gauge in model.gauges.values_mut() {
            gauge.name = line(&text);
            gauge.detail = line(&text);
        }
        model.link.hub = line(&text);
        model.ui.filter = line(&text);
        model.ui.focus = ALL_PANES[pane];
        if let Some(seq) = anchor {
            model.ui.view.anchor = Anchor::At { seq: Seq(seq), newest: Seq(40) };
        }
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        for with_dialog in [false, true] {
            if with_dialog {
                let dialog = dialogs(&busy()).into_iter().nth(modal).unwrap().1;
                model.ui.modals.open(dialog);
            }
            let (buffer, drawn) = screen(&model, (width, height), &dark(), &glyphs);
            for cell in &buffer.content {
                prop_assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", cell);
            }
            if let Some(at) = drawn.cursor {
                prop_assert!(at.x < width && at.y < height);
            }
        }
    }
}
