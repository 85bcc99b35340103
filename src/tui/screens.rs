//! What a person on call sees, at the sizes and in the states that matter.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::domain::actor::Actor;
use crate::domain::command::Command;
use crate::domain::comms::Update;
use crate::domain::ids::{CommandId, Cursor, Hash, Head, IncidentId, JournalId, Revision, Seq};
use crate::domain::severity::Severity;
use crate::domain::text::Text;
use crate::link::Health;
use crate::link::LinkStatus;
use crate::tui::draw::draw;
use crate::tui::fixture::*;
use crate::tui::modal::{
    Answer, Choice, Compose, ComposeStage, Confirm, DetailsAbout, Editor, EditorPurpose, Modal, OnYes,
    Picker, Prompt, PromptPurpose, Then,
};
use crate::tui::model::{Anchor, Model, Pane, Pending, PendingState, Scope, Toast, Tone};
use crate::tui::theme::{Glyphs, Theme};
use crate::tui::undo::{Undo, UndoStage};
use crate::tui::vm::chrome::{Chrome, WhichKey};
use crate::tui::vm::window::count;
use crate::tui::widgets::Look;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const ALL_PANES: [Pane; 6] = Pane::ALL;

/// A letter a style, in the order in which they appear, and which style each is.
fn styles_of(buffer: &Buffer) -> String {
    let mut letters: Vec<Style> = Vec::new();
    let mut rows = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let plain = cell.style()
                == Style::new()
                    .fg(ratatui::style::Color::Reset)
                    .bg(ratatui::style::Color::Reset)
                    .underline_color(ratatui::style::Color::Reset);
            let place = letters.iter().position(|style| *style == cell.style()).unwrap_or_else(|| {
                letters.push(cell.style());
                letters.len() - 1
            });
            let letter = char::from(b'a' + u8::try_from(place % 26).unwrap());
            rows.push(if plain { '.' } else { letter });
        }
        rows.push('\n');
    }
    for (place, style) in letters.iter().enumerate() {
        let letter = char::from(b'a' + u8::try_from(place % 26).unwrap());
        rows.push_str(&format!(
            "{letter} {:?} on {:?} {:?}\n",
            style.fg.unwrap(),
            style.bg.unwrap(),
            style.add_modifier
        ));
    }
    rows
}

#[test]
fn a_busy_room_at_three_sizes() {
    for size in SIZES {
        insta::assert_snapshot!(format!("busy_{}x{}", size.0, size.1), text(&busy(), size));
    }
}

#[test]
fn themes_change_the_styles_and_never_a_word() {
    for (name, theme) in themes() {
        let (buffer, _) = screen(&busy(), (120, 40), &theme, &Glyphs::UNICODE);
        assert_eq!(text_of(&buffer), text(&busy(), (120, 40)));
        insta::assert_snapshot!(format!("styles_{name}"), styles_of(&buffer));
    }
}

#[test]
fn without_unicode_every_character_is_ascii() {
    for size in SIZES {
        let (buffer, _) = screen(&busy(), size, &dark(), &Glyphs::ASCII);
        assert!(text_of(&buffer).is_ascii());
    }
    insta::assert_snapshot!("ascii_80x24", text_of(&screen(&busy(), (80, 24), &dark(), &Glyphs::ASCII).0));
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
fn before_the_hub_has_answered_an_empty_list_is_no_news() {
    let mut model = Story::new().model;
    model.link.status = LinkStatus::Connecting;
    let seen = text(&model, (80, 24));
    assert!(!seen.contains("quiet") && !seen.contains("No incidents"), "{seen}");
    insta::assert_snapshot!("connecting_80x24", seen);
}

#[test]
fn the_link_says_its_state_and_age_in_words() {
    let said = |status: LinkStatus| {
        let mut model = busy();
        model.link.status = status;
        text(&model, (80, 24)).lines().next().unwrap().to_owned()
    };
    assert!(said(LinkStatus::Late { since: at("14:03:10") }).contains("LATE 7s"));
    assert!(said(LinkStatus::Connecting).contains("CONNECTING"));
    assert!(
        said(LinkStatus::Offline { since: at("13:03:10"), next_try: at("14:04:00"), why: line("gone") })
            .contains("OFFLINE 1h00m")
    );
}

#[test]
fn what_is_not_known_of_a_budget_is_never_a_number() {
    let mut model = busy();
    for gauge in model.gauges.values_mut() {
        gauge.state = crate::domain::gauge::SloState::Failing;
        gauge.budget_left = None;
        gauge.detail = line("connection refused");
    }
    let seen = text(&model, (120, 40));
    assert!(seen.contains("source failing: connection refused"), "{seen}");
    assert!(!seen.contains("0% left") && !seen.contains("out in") && !seen.contains("lasts"), "{seen}");
}

#[test]
fn while_there_is_no_link_nobody_is_told_that_no_slos_are_set_up() {
    let mut model = offline();
    model.gauges.clear();
    for size in SIZES {
        let seen = text(&model, size);
        assert!(seen.contains("not known while offline"), "{seen}");
        assert!(!seen.contains("none set up") && !seen.contains("OpenSLO"), "{seen}");
    }
}

#[test]
fn the_banner_fits_and_names_the_key_that_tries_at_once() {
    let mut model = offline();
    model.pending.clear();
    let next_try = now().wall.plus(Duration::from_secs(13));
    let why = line("the hub at 127.0.0.1:7373 cannot be reached: connection refused");
    model.link.status = LinkStatus::Offline { since: at("14:02:35"), next_try, why: why.clone() };
    for size in SIZES {
        let seen = text(&model, size);
        let banner = seen.lines().nth(1).unwrap().to_owned();
        assert!(banner.ends_with("ctrl-r tries now") && banner.contains("127.0.0.1:7373"), "{banner}");
        assert_eq!(banner.contains("next try in 13s"), size.0 > 120, "{banner}");
    }
    model.link.status = LinkStatus::Refused { since: at("14:02:35"), next_try, reason: why };
    assert!(text(&model, (120, 40)).contains("next try in 13s, ctrl-r tries now"));
}

#[test]
fn a_row_of_figures_that_need_a_word_is_marked_and_its_details_say_it() {
    let mut model = busy();
    let told = "the query for bad events matches no series in 28d; check it if there were any";
    let gauge = model.gauges.get_mut("catalogue-availability").unwrap();
    gauge.detail = line(told);
    gauge.budget_left = Some(1.0);
    assert!(text(&model, (120, 40)).contains("! catalogue-availability"));
    model.ui.modals.open(Modal::Details { about: DetailsAbout::Slo(line("mail-delivery")), scroll: 0 });
    let seen = text(&model, (80, 24));
    assert!(seen.contains("Prometheus knows no series mail_sent_total"), "{seen}");
    model.ui.modals.close();
    let about = DetailsAbout::Slo(line("catalogue-availability"));
    model.ui.modals.open(Modal::Details { about, scroll: 0 });
    let seen = text(&model, (80, 24)).replace('\n', " ");
    assert!(seen.contains("matches no series in 28d") && seen.contains("99.95% over 28d"), "{seen}");
}

#[test]
fn names_of_slos_are_whole_at_80_columns() {
    assert!(text(&busy(), (80, 24)).contains("checkout-availability "));
    assert!(text(&offline(), (80, 24)).contains("checkout-availability "));
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
fn what_is_wrong_with_an_update_is_whole_at_80_columns() {
    let mut model = busy();
    let mut compose = compose(&model);
    let error =
        "what is wrong is said in many words, so many that they do not fit into one row of it, to the end.";
    compose.stage = ComposeStage::Editing { error: Some(line(error)) };
    model.ui.modals.open(Modal::Compose(Box::new(compose)));
    assert!(text(&model, (80, 24)).contains("to the end."));
}

fn offline() -> Model {
    let mut model = busy();
    model.link.status = LinkStatus::Offline {
        since: at("14:02:35"),
        next_try: now().wall.plus(Duration::from_secs(3)),
        why: line("connection refused"),
    };
    model.link.heard_at = Some(at("14:02:35"));
    for (id, command) in [
        ("a", Command::Acknowledge { incident: IncidentId(8) }),
        (
            "b",
            Command::AddNote {
                incident: IncidentId(7),
                text: Text::clean("Card errors fall."),
                evidence: None,
            },
        ),
    ] {
        let pending = Pending { command, since: Duration::from_secs(590), state: PendingState::Queued };
        model.pending.insert(id.parse::<CommandId>().unwrap(), pending);
    }
    model
}

#[test]
fn a_lost_link_shows_on_every_number() {
    insta::assert_snapshot!("offline_80x24", text(&offline(), (80, 24)));
    insta::assert_snapshot!("offline_120x40", text(&offline(), (120, 40)));
}

#[test]
fn a_hub_that_cannot_write_says_why() {
    let mut model = busy();
    model.link.health = Health::ReadOnly { reason: line("the disk is full"), since: at("14:02:00") };
    insta::assert_snapshot!("read_only_80x24", text(&model, (80, 24)));
}

fn alarm(known: u64, hub: u64) -> LinkStatus {
    let journal = JournalId(uuid::Uuid::from_u128(1));
    LinkStatus::Alarm {
        known: Cursor { journal, seq: Seq(known) },
        hub: Head { journal, seq: Seq(hub), hash: Hash([0; 32]) },
    }
}

#[test]
fn a_journal_that_went_back_is_an_alarm() {
    let mut model = busy();
    model.link.status = alarm(812, 790);
    insta::assert_snapshot!("alarm_80x24", text(&model, (80, 24)));
    let next_try = now().wall.plus(Duration::from_secs(30));
    model.link.status =
        LinkStatus::Refused { since: at("14:02:00"), next_try, reason: line("the token was revoked") };
    insta::assert_snapshot!("refused_80x24", text(&model, (80, 24)));
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

fn compose(model: &Model) -> Compose {
    let mut compose = Compose::new(model.selected().unwrap(), "status-page".parse().unwrap());
    compose.areas[1].insert_str("About one in five card payments fails. Wallets work.");
    compose.areas[2].insert_str("We are rolling back the change that caused it.");
    compose
}

fn dialogs(model: &Model) -> Vec<(&'static str, Modal)> {
    let incident = IncidentId(7);
    let seen = Some(Revision(3));
    let then = || Then::Send { command: Box::new(Command::Acknowledge { incident }), seen: None };
    let choice =
        |label: &str, detail: &str| Choice { label: line(label), detail: line(detail), then: then() };
    let picker = Picker::new(
        "Status of INC-7",
        vec![
            choice("investigating", "now"),
            choice("identified", "the cause is known"),
            choice("monitoring", "a fix is in, and is being watched"),
            choice("resolved", "T-1 is required in this phase and open"),
        ],
    );
    let seen_revision = Revision(3);
    let mut prompt = Prompt::new(
        "Add a task to INC-7",
        "What is to be done. @name gives it to somebody.",
        PromptPurpose::TaskTitle { incident },
    )
    .with_value("Check the refunds of failed payments @fay");
    let plain = Modal::Prompt(prompt.clone());
    prompt.error = Some(line("@fay is not in this room; ask her to connect, or leave the task open"));
    let note = Editor::new(
        "Note on INC-7",
        &Text::clean(
            "Provider confirms: their new issuer table was wrong for 4571 and 5413.\nThey roll it back now.",
        ),
        EditorPurpose::Note { incident },
    );
    let preview = || {
        let update = Update {
            what: Text::clean("Some card payments fail."),
            impact: Text::clean("About one in five card payments fails. Wallets work."),
            action: Text::clean("We are rolling back the change that caused it."),
            next_update_at: Some(at("14:33:00")),
        };
        let about = model.selected().unwrap();
        update.render(&about.about(), "status-page".parse().unwrap())
    };
    let staged = |stage| {
        let mut compose = compose(model);
        compose.stage = stage;
        Modal::Compose(Box::new(compose))
    };
    let confirm = Confirm::new(
        "Cancel INC-7?",
        "INC-7 “Checkout returns 502 for card payments” (SEV1) will be marked as no incident. Its timeline stays; \
         it cannot be opened again.",
        "Cancel the incident",
        OnYes::Send { command: Box::new(Command::Cancel { incident, reason: Text::clean("none") }), seen },
        now(),
    );
    let first_note = *model.room.incidents[&incident].notes.first().unwrap();
    let alert = *model.room.alerts.waiting.keys().next().unwrap();
    let _ = seen_revision;
    vec![
        ("picker", Modal::Picker(picker)),
        ("prompt", plain),
        ("prompt_error", Modal::Prompt(prompt)),
        ("editor", Modal::Editor(Box::new(note))),
        ("compose", staged(ComposeStage::Editing { error: None })),
        (
            "compose_preview",
            staged(ComposeStage::Preview { message: preview(), choice: Answer::Cancel, scroll: 0 }),
        ),
        (
            "compose_preview_yes",
            staged(ComposeStage::Preview { message: preview(), choice: Answer::Yes, scroll: 9 }),
        ),
        ("compose_sending", staged(ComposeStage::Sending { id: "x".parse().unwrap() })),
        (
            "compose_failed",
            staged(ComposeStage::Failed { reason: line("the hub is read-only: the disk is full") }),
        ),
        ("confirm", Modal::Confirm(confirm)),
        ("help", Modal::Help { scroll: 0 }),
        ("palette", Modal::Palette { input: tui_input::Input::new("st".into()), selected: 1 }),
        ("details_entry", Modal::Details { about: DetailsAbout::Entry(first_note), scroll: 0 }),
        ("details_evidence", Modal::Details { about: DetailsAbout::Entry(Seq(first_note.0 + 3)), scroll: 0 }),
        ("details_incident", Modal::Details { about: DetailsAbout::Incident(incident), scroll: 2 }),
        (
            "details_slo",
            Modal::Details { about: DetailsAbout::Slo(line("checkout-availability")), scroll: 0 },
        ),
        ("details_alert", Modal::Details { about: DetailsAbout::Alert(alert), scroll: 0 }),
        ("paste", Modal::Paste { incident: Some(incident), text: "kubectl get pods\nq\nD\n".into() }),
    ]
}

#[test]
fn every_dialog_on_a_small_screen() {
    let model = busy();
    for (name, modal) in dialogs(&model) {
        let mut model = busy();
        model.ui.modals.open(modal);
        insta::assert_snapshot!(format!("dialog_{name}_80x24"), text(&model, (80, 24)));
    }
}

#[test]
fn a_dialog_owns_the_frame_and_its_cursor_at_any_size() {
    let model = busy();
    for (name, modal) in dialogs(&model) {
        let typing =
            matches!(modal, Modal::Picker(_) | Modal::Prompt(_) | Modal::Editor(_) | Modal::Palette { .. });
        let mut model = busy();
        model.ui.modals.open(modal);
        for (width, height) in [(1, 1), (5, 3), (20, 6), (40, 10), (59, 19), (60, 20), (80, 24), (250, 70)] {
            let (buffer, drawn) = screen(&model, (width, height), &dark(), &Glyphs::UNICODE);
            if typing && width >= 20 {
                let at =
                    drawn.cursor.unwrap_or_else(|| panic!("{name} {width}x{height}\n{}", text_of(&buffer)));
                assert!(at.x < width && at.y < height);
            }
        }
        if name == "compose_preview" {
            let (buffer, _) = screen(&model, (40, 10), &dark(), &Glyphs::UNICODE);
            insta::assert_snapshot!("dialog_on_40x10", text_of(&buffer));
        }
    }
}

#[test]
fn the_keys_of_a_prefix_show_in_the_corner() {
    let which = WhichKey {
        prefix: "g".into(),
        keys: vec![key("i", "go to incidents", true), key("t", "go to the timeline", true)],
    };
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
    let chrome = Chrome { which_key: Some(&which), ..Chrome::default() };
    draw(&mut buffer, &busy(), Look { theme: &dark(), glyphs: &Glyphs::UNICODE }, &chrome, now());
    insta::assert_snapshot!("which_key_80x24", text_of(&buffer));
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

fn themes() -> [(&'static str, Theme); 3] {
    ["dark", "light", "mono"].map(|name| (name, shipped(name)))
}

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
