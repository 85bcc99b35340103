//! What the keys do, from the key to the command that goes out.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::ACTIONS;
use crate::domain::change::{Change, ChangeKind, Mark, Phase};
use crate::domain::command::{Command, Outcome};
use crate::domain::event::Event;
use crate::domain::ids::{CommandId, IncidentId, Revision, Seq};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::text::Text;
use crate::link::LinkEvent;
use crate::link::outbox::{OutboxEvent, OutboxState};
use crate::tui::chrome::Keys;
use crate::tui::effect::{Effect, Effects};
use crate::tui::fixture::{Story, at, busy, line, now, person, text};
use crate::tui::keymap::{Keymap, SHIPPED, load};
use crate::tui::modal::{Answer, Modal};
use crate::tui::model::Model;
use crate::tui::msg::{Msg, Now};
use crate::tui::term::input::Input;
use crate::tui::update::update;

const INC_7: IncidentId = IncidentId(7);

/// Somebody at the keyboard, and a hub that takes what they ask for.
struct Hands {
    story: Story,
    keymap: Keymap,
    at: Now,
}

impl Hands {
    fn new(model: Model) -> Self {
        let names: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
        let keymap = load(&SHIPPED[..1], &names).unwrap();
        let mut model = model;
        model.rebuild_board(&mut Vec::new());
        Hands { story: Story { model, seq: 1_000 }, keymap, at: now() }
    }

    fn model(&mut self) -> &mut Model {
        &mut self.story.model
    }

    fn take(&mut self, msg: Msg) -> Effects {
        update(&mut self.story.model, &self.keymap, self.at, msg)
    }

    fn press_with(
        &mut self,
        code: KeyCode,
        modifiers: KeyModifiers,
    ) -> Vec<(CommandId, Command, Option<Revision>)> {
        let effects = self.take(Msg::Input(Input::Key(KeyEvent::new(code, modifiers))));
        let sent = effects.into_iter().filter_map(|effect| match effect {
            Effect::Send { id, command, seen } => Some((id, *command, seen)),
            _ => None,
        });
        sent.collect()
    }

    fn press(&mut self, code: KeyCode) -> Vec<(CommandId, Command, Option<Revision>)> {
        self.press_with(code, KeyModifiers::NONE)
    }

    /// What goes out while these are typed.
    fn type_(&mut self, keys: &str) -> Vec<(CommandId, Command, Option<Revision>)> {
        keys.chars().flat_map(|key| self.press(KeyCode::Char(key))).collect()
    }

    /// The hub takes a command, and its entry is `event`.
    fn taken(&mut self, id: &CommandId, event: Event) -> Revision {
        let seq = self.story.tell("14:03:17", person("ana"), 7, event);
        let revision = self.story.model.room.incidents[&INC_7].revision;
        self.answered(id, seq, revision);
        revision
    }

    fn answered(&mut self, id: &CommandId, seq: Seq, revision: Revision) {
        let outcome = Outcome {
            seq,
            id: Some(INC_7),
            revision: Some(revision),
            task: None,
            comms: None,
            note: None,
            change: None,
        };
        for state in [
            OutboxState::Accepted { outcome: outcome.clone(), late: None },
            OutboxState::Done { outcome, late: None },
        ] {
            let command = Arc::new(Command::Acknowledge { incident: INC_7 });
            let event = OutboxEvent { id: id.clone(), command, queued_at: self.at.wall, state };
            self.take(Msg::Link(LinkEvent::Outbox(event)));
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.at.mono += Duration::from_secs(seconds);
        self.at.wall = self.at.wall.plus(Duration::from_secs(seconds));
        self.take(Msg::Due);
    }

    fn offer(&self) -> Option<&str> {
        self.story.model.ui.undo.as_ref().filter(|undo| undo.until().is_some()).map(|undo| &*undo.label)
    }
}

fn severity(from: Severity, to: Severity) -> Event {
    Event::SeverityChanged { from, to }
}

/// `S` and the choice of a severity, as far as the command.
fn to_sev2(hands: &mut Hands) -> CommandId {
    hands.type_("S");
    hands.type_("SEV2");
    let sent = hands.press(KeyCode::Enter);
    let [(id, Command::ChangeSeverity { severity: Severity::Sev2, .. }, _)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    id.clone()
}

#[test]
fn undo_takes_back_the_last_thing_and_nothing_older() {
    let mut model = busy();
    model.ui.incident = Some(INC_7);
    model.room.incidents.get_mut(&INC_7).unwrap().acknowledgement = None;
    let mut hands = Hands::new(model);
    let sent = hands.type_("a");
    let acknowledged = hands.taken(&sent[0].0, Event::Acknowledged);
    assert!(acknowledged.0 > 0);
    assert_eq!(hands.offer(), Some("the acknowledgement of INC-7"));

    let id = to_sev2(&mut hands);
    assert_eq!(hands.offer(), None, "the hub has not taken it, and nothing older is offered");
    assert!(hands.type_("u").is_empty());
    let revision = hands.taken(&id, severity(Severity::Sev1, Severity::Sev2));
    assert_eq!(hands.offer(), Some("SEV1 → SEV2 of INC-7"));
    let sent = hands.type_("u");
    let [(_, command, seen)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(*command, Command::ChangeSeverity { incident: INC_7, severity: Severity::Sev1 });
    // What somebody else changes after that is newer than what is sent as seen, and the hub refuses.
    assert_eq!(*seen, Some(revision));
    assert!(hands.type_("u").is_empty(), "nothing older is undone");
}

#[test]
fn an_undo_is_sent_as_seen_when_the_command_was_taken_even_if_more_came_since() {
    let mut hands = Hands::new(busy());
    let id = to_sev2(&mut hands);
    let revision = hands.taken(&id, severity(Severity::Sev1, Severity::Sev2));
    hands.story.tell("14:03:18", person("bo"), 7, severity(Severity::Sev2, Severity::Sev0));
    let sent = hands.type_("u");
    assert_eq!(sent[0].2, Some(revision));
    assert!(hands.model().room.incidents[&INC_7].revision > revision);
}

#[test]
fn a_status_can_be_taken_back_unless_the_way_back_has_lost_a_time() {
    let mut hands = Hands::new(busy());
    let mut go = |from: Status, to: Status| {
        hands.type_("s");
        hands.type_(to.name());
        let sent = hands.press(KeyCode::Enter);
        hands.taken(&sent[0].0, Event::StatusChanged { from, to, reason: None });
        (hands.offer().map(str::to_owned), hands.model().room.incidents[&INC_7].milestones.mitigated)
    };
    let (offer, mitigated) = go(Status::Investigating, Status::Monitoring);
    assert_eq!(offer.as_deref(), Some("investigating → monitoring of INC-7"));
    assert_eq!(mitigated, Some(at("14:03:17")));
    assert_eq!(go(Status::Monitoring, Status::Investigating), (None, None));
}

#[test]
fn an_offer_ends_after_eight_seconds_or_with_what_has_no_inverse() {
    let mut hands = Hands::new(busy());
    let id = to_sev2(&mut hands);
    hands.taken(&id, severity(Severity::Sev1, Severity::Sev2));
    hands.wait(7);
    assert!(hands.offer().is_some());
    let shown = text(hands.model(), (120, 40));
    assert!(!shown.contains("undoes it"), "{shown}");
    hands.wait(1);
    assert_eq!(hands.offer(), None);

    let mut hands = Hands::new(busy());
    let id = to_sev2(&mut hands);
    hands.taken(&id, severity(Severity::Sev1, Severity::Sev2));
    hands.type_("n");
    hands.type_("Better");
    assert!(hands.offer().is_some(), "nothing was done yet");
    assert_eq!(hands.press(KeyCode::Enter).len(), 1);
    assert_eq!(hands.offer(), None);
    assert!(hands.type_("u").is_empty());
}

#[test]
fn the_footer_names_what_the_key_would_take_back() {
    let mut hands = Hands::new(busy());
    let id = to_sev2(&mut hands);
    hands.taken(&id, severity(Severity::Sev1, Severity::Sev2));
    let shown = text(hands.model(), (120, 40));
    assert!(shown.contains("undoes SEV1 → SEV2 of INC-7 (8s)"), "{shown}");
}

#[test]
fn what_somebody_else_had_done_already_is_not_ours_to_take_back() {
    let mut hands = Hands::new(busy());
    let id = to_sev2(&mut hands);
    let theirs = hands.story.tell("14:03:17", person("bo"), 7, severity(Severity::Sev1, Severity::Sev2));
    let revision = hands.model().room.incidents[&INC_7].revision;
    hands.answered(&id, theirs, revision);
    assert_eq!(hands.offer(), None);
}

#[test]
fn the_help_marks_what_can_be_taken_back() {
    let mut hands = Hands::new(busy());
    hands.type_("?");
    let keys = Keys::of(&hands.story.model, &hands.keymap, hands.at);
    let labels: Vec<String> = keys
        .chrome()
        .help
        .iter()
        .flat_map(|section| section.keys.iter().map(|key| key.label.clone()))
        .collect();
    for marked in ["acknowledge (u)", "status (u)", "severity (u)", "pin note (u)", "note", "send update"] {
        assert!(labels.iter().any(|label| label == marked), "{marked}: {labels:?}");
    }
}

fn with_burning_checkout() -> Model {
    let mut model = busy();
    for task in model.room.incidents.get_mut(&INC_7).unwrap().tasks.values_mut() {
        task.required = false;
    }
    model.gauges.get_mut("checkout-availability").unwrap().service = line("checkout");
    model
}

/// The command palette, as somebody uses it who does not know the key.
fn resolve(hands: &mut Hands) -> Vec<(CommandId, Command, Option<Revision>)> {
    hands.type_(":");
    hands.type_("resolve");
    assert!(hands.press(KeyCode::Enter).is_empty());
    hands.press(KeyCode::Enter)
}

#[test]
fn resolving_while_alerts_fire_needs_a_second_yes() {
    let mut hands = Hands::new(with_burning_checkout());
    assert!(resolve(&mut hands).is_empty());
    let Some(Modal::Confirm(confirm)) = hands.model().ui.modals.top() else { panic!("no question") };
    assert_eq!(confirm.choice, Answer::Cancel);
    assert!(
        confirm.text.starts_with("3 alerts still fire; checkout-availability burns 182×."),
        "{}",
        confirm.text
    );
    hands.wait(1);
    assert!(hands.press(KeyCode::Enter).is_empty(), "the default is to leave it");
    assert!(hands.model().ui.modals.is_empty());

    resolve(&mut hands);
    hands.wait(1);
    hands.press(KeyCode::Right);
    let sent = hands.press(KeyCode::Enter);
    let [(_, Command::ChangeStatus { status: Status::Resolved, .. }, Some(_))] = sent.as_slice() else {
        panic!("{sent:?}")
    };
}

#[test]
fn the_dialog_says_what_is_still_wrong_and_without_that_one_enter_is_enough() {
    let mut hands = Hands::new(with_burning_checkout());
    hands.type_("s");
    let shown = text(hands.model(), (120, 40));
    assert!(shown.contains("3 alerts still fire"), "{shown}");
    hands.press(KeyCode::Esc);

    hands.model().gauges.clear();
    hands.model().room.incidents.get_mut(&INC_7).unwrap().alerts.firing = 0;
    let sent = resolve(&mut hands);
    assert!(
        matches!(sent.as_slice(), [(_, Command::ChangeStatus { status: Status::Resolved, .. }, _)]),
        "{sent:?}"
    );
}

#[test]
fn a_note_that_is_left_goes_on_where_it_was() {
    let mut hands = Hands::new(busy());
    hands.type_("n");
    hands.type_("Half a thought");
    assert!(text(hands.model(), (80, 24)).contains("keeps it for later"));
    hands.press(KeyCode::Esc);
    let lost = hands.model().ui.drafts.lost().unwrap();
    assert_eq!(lost, "not kept, as it was begun and not saved: a note on INC-7");
    hands.type_("n");
    assert!(text(hands.model(), (80, 24)).contains("Half a thought"));
    hands.type_(", ended");
    let sent = hands.press(KeyCode::Enter);
    let [(_, Command::AddNote { text: said, .. }, _)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(&**said, "Half a thought, ended");
    assert_eq!(hands.model().ui.drafts.lost(), None);

    hands.type_("n");
    hands.type_("Nonsense");
    hands.press_with(KeyCode::Char('u'), KeyModifiers::CONTROL);
    hands.press(KeyCode::Esc);
    assert_eq!(hands.model().ui.drafts.lost(), None, "what was cleared is no draft");
}

#[test]
fn an_update_that_is_left_goes_on_where_it_was() {
    let mut hands = Hands::new(busy());
    hands.type_("c");
    hands.press(KeyCode::Esc);
    assert_eq!(hands.model().ui.drafts.lost(), None, "nothing was written");
    hands.type_("c");
    hands.press(KeyCode::Tab);
    hands.type_("Wallets work");
    hands.press(KeyCode::Esc);
    assert!(hands.model().ui.drafts.lost().unwrap().contains("an update on INC-7"));
    hands.story.note("14:03:17", "bo", 7, "Something new");
    hands.type_("c");
    assert!(text(hands.model(), (120, 40)).contains("Wallets work"));
    let revision = hands.model().room.incidents[&INC_7].revision;
    let Some(Modal::Compose(compose)) = hands.model().ui.modals.top() else { panic!("no composer") };
    assert_eq!(compose.seen, revision, "they see the room as it is now");
}

#[test]
fn it_is_not_quiet_while_something_is_left_to_do() {
    let mut story = Story::new();
    story.declare("13:00:00", person("bo"), 1, Severity::Sev2, "Search fails");
    story.status("13:10:00", person("bo"), 1, Status::Resolved);
    let header = text(&story.model, (80, 24)).lines().next().unwrap().to_owned();
    assert!(header.contains("1 resolved, not closed · 1 open") && !header.contains("quiet"), "{header}");
    story.status("13:20:00", person("bo"), 1, Status::Closed);
    assert!(text(&story.model, (80, 24)).contains("all quiet"));
    let alerts = busy().room.alerts;
    story.model.room.alerts = alerts;
    let header = text(&story.model, (80, 24)).lines().next().unwrap().to_owned();
    assert!(header.contains("2 alerts wait"), "{header}");
}

#[test]
fn what_was_promised_shows_after_the_end() {
    let mut story = Story { model: busy(), seq: 1_000 };
    assert_eq!(story.model.room.incidents[&INC_7].next_update_due, Some(at("14:00:00")));
    story.status("14:03:00", person("ana"), 7, Status::Resolved);
    let shown = text(&story.model, (120, 40));
    assert!(shown.contains("an update was promised to status-page for 14:00"), "{shown}");
    story.tell("14:03:10", person("ana"), 7, Event::Reopened { reason: Text::clean("it came back") });
    assert!(text(&story.model, (120, 40)).contains("OVERDUE"));
}

#[test]
fn the_update_of_a_drill_goes_out_only_once_its_phrase_was_typed() {
    let mut model = busy();
    model.room.incidents.get_mut(&INC_7).unwrap().drill = true;
    let mut hands = Hands::new(model);
    hands.type_("c");
    hands.press_with(KeyCode::Char('s'), KeyModifiers::CONTROL);
    let shown = text(hands.model(), (80, 24));
    assert!(
        shown.contains("This is a drill") && shown.contains("341 recipients, type “send drill”"),
        "{shown}"
    );
    // What sends a real update does not send this one.
    hands.press(KeyCode::Right);
    assert_eq!(hands.press(KeyCode::Enter), []);
    hands.type_("send");
    assert_eq!(hands.press(KeyCode::Enter), []);
    hands.type_(" drill");
    assert!(text(hands.model(), (80, 24)).contains("send drill”: send drill"));
    // Back in the text, it is asked for anew.
    hands.press(KeyCode::Esc);
    hands.press_with(KeyCode::Char('s'), KeyModifiers::CONTROL);
    assert_eq!(hands.press(KeyCode::Enter), []);
    hands.type_("send drill");
    let sent = hands.press(KeyCode::Enter);
    assert!(matches!(sent.as_slice(), [(_, Command::SendUpdate { .. }, _)]), "{sent:?}");
}

/// A deploy of another service and a flag, both near the onset of INC-7.
fn with_changes() -> Story {
    let model = busy();
    let mut story = Story { seq: model.room.seq.0, model };
    let onset = story.model.room.incidents[&INC_7].began_at();
    let changes = [
        ("ci:1", ChangeKind::Deploy, "search v7", "search", 240),
        ("ci:2", ChangeKind::Flag, "new-cart on", "", 60),
    ]
    .map(|(id, kind, title, service, before)| {
        let at = onset.minus(Duration::from_secs(before));
        Change {
            id: id.parse().unwrap(),
            source: "ci".parse().unwrap(),
            kind,
            at,
            phase: Phase::Succeeded,
            phase_at: at,
            service: (!service.is_empty()).then(|| line(service)),
            environment: None,
            version: None,
            by: None,
            title: line(title),
            link: None,
            rollout: None,
        }
    });
    story.tell_at(at("14:03:00"), person("bo"), None, Event::ChangesRecorded { changes: changes.into() });
    story
}

#[test]
fn the_changes_near_the_onset_stand_beside_the_incident_with_what_speaks_for_them() {
    let shown = text(&with_changes().model, (200, 60));
    let row =
        |words: &str| shown.lines().find(|row| row.contains(words)).map(str::to_owned).unwrap_or_default();
    assert!(row("new-cart on").contains("Changes"), "{shown}");
    assert!(row("new-cart on").contains("ago · service not known, done 1m before the onset"), "{shown}");
    assert!(row("search v7").contains("deploy 19m ago · another service"), "{shown}");
    let none = text(&busy(), (200, 60));
    assert!(!none.contains("Changes"), "{none}");
}

#[test]
fn a_change_is_marked_with_two_answers_and_one_key_takes_it_back() {
    let mut hands = Hands::new(with_changes().model);
    assert!(hands.press(KeyCode::Char('m')).is_empty());
    assert!(hands.press(KeyCode::Enter).is_empty(), "which, and not yet what");
    let sent = hands.press(KeyCode::Enter);
    let [(id, Command::MarkChange { change, mark: Some(Mark::Suspect), .. }, None)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(change.as_str(), "ci:2");
    let (title, mark) = (line("new-cart on"), Some(Mark::Suspect));
    hands.taken(id, Event::ChangeMarked { change: change.clone(), title, mark, reason: None });
    let shown = text(hands.model(), (200, 60));
    assert!(shown.contains("suspect new-cart on"), "{shown}");
    assert_eq!(hands.offer(), Some("the mark of “new-cart on” in INC-7"));
    let undone = hands.type_("u");
    assert!(matches!(undone.as_slice(), [(_, Command::MarkChange { mark: None, .. }, _)]), "{undone:?}");
    let mut bare = Hands::new(busy());
    bare.type_("m");
    assert!(bare.model().ui.modals.is_empty(), "there is nothing to mark");
}
