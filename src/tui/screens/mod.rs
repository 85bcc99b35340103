//! What a person on call sees, at the sizes and in the states that matter: by what it is about.

mod cost;
mod dialogs;
mod hostile;
mod link;
mod room;
mod slos;
mod style;

use std::time::Duration;

use crate::domain::command::Command;
use crate::domain::comms::Update;
use crate::domain::ids::{CommandId, IncidentId, Revision, Seq};
use crate::domain::text::Text;
use crate::link::LinkStatus;
use crate::tui::fixture::{at, busy, line, now};
use crate::tui::modal::{
    Answer, Choice, Compose, ComposeStage, Confirm, Consent, DetailsAbout, Editor, EditorPurpose, Modal,
    OnYes, Picker, Prompt, PromptPurpose, Then,
};
use crate::tui::model::{Model, Pane, Pending, PendingState};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

const ALL_PANES: [Pane; 6] = Pane::ALL;

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
    let previewed = |answer, scroll| {
        let consent = Consent::Choice(answer);
        ComposeStage::Preview { message: preview(), consent, scroll }
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
    vec![
        ("picker", Modal::Picker(picker)),
        ("prompt", plain),
        ("prompt_error", Modal::Prompt(prompt)),
        ("editor", Modal::Editor(Box::new(note))),
        ("compose", staged(ComposeStage::Editing { error: None })),
        ("compose_preview", staged(previewed(Answer::Cancel, 0))),
        ("compose_preview_yes", staged(previewed(Answer::Yes, 9))),
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
