//! Updates to people outside the room, and the deliveries that ask for a person.

use super::{Action, Grade, Group, may_command, on_incident, on_open_incident};
use crate::domain::command::{Command, Tells};
use crate::domain::comms::{DeliveryState, Verdict};
use crate::domain::ids::CommandId;
use crate::domain::text::Line;
use crate::link::outbox::Sent;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Compose, Confirm, Modal, Next, OnYes, Picker, Then};
use crate::tui::model::{LinkView, Model, Pending, PendingState, in_a_word};
use crate::tui::msg::Now;

pub const SEND: Action = Action {
    name: "send-update",
    label: "send update",
    group: Group::Updates,
    grade: Grade::Outward,
    words: "message publish status page customers compose",
    available: |model| {
        on_open_incident(model)?;
        may_command(model)?;
        if model.policy.audiences.is_empty() {
            return Err("nobody can be told: the hub's settings name no audience");
        }
        live(&model.link)
    },
    run: compose,
};

pub const SETTLE: Action = Action {
    name: "settle-delivery",
    label: "settle a delivery",
    group: Group::Updates,
    grade: Grade::Outward,
    words: "failed uncertain arrived",
    available: |model| {
        on_incident(model)?;
        may_command(model)?;
        let asks = model.selected().is_some_and(|incident| {
            incident
                .comms
                .values()
                .flat_map(|comms| comms.deliveries.values())
                .any(|delivery| asks(delivery.state))
        });
        if asks { live(&model.link) } else { Err("no delivery asks for a person") }
    },
    run: settle,
};

pub const SEND_LATE: Action = Action {
    name: "send-late",
    label: "look at what was not sent",
    group: Group::Updates,
    grade: Grade::Outward,
    words: "",
    available: |model| unsent(model).map(|_| ()).ok_or("nothing waits for a fresh yes"),
    run: send_late,
};

fn unsent(model: &Model) -> Option<(&CommandId, &Pending)> {
    model.pending.iter().find(|(_, pending)| matches!(pending.state, PendingState::NeedsFreshYes { .. }))
}

fn send_late(model: &mut Model, now: Now, _: &mut Effects) {
    let Some((id, pending)) = unsent(model) else { return };
    let PendingState::NeedsFreshYes { why, sent } = &pending.state else { return };
    let (id, sent) = (id.clone(), *sent);
    let what = match pending.command.tells() {
        Tells::Update(message) => format!("To {}: {}. ", message.audience, message.subject),
        Tells::Draft(comms) => format!("The draft {comms}. "),
        Tells::Again | Tells::Note(_) | Tells::Nothing => String::new(),
    };
    let about = in_a_word(&pending.command);
    let confirm = Confirm::new(
        &format!("Send {about}?"),
        &format!("{what}{why}."),
        "Send",
        OnYes::SendLate { id: id.clone() },
        now,
    );
    let send = Then::Open(Box::new(Next::Confirm(confirm)));
    let (title, sending, leaving) = match sent {
        Sent::No => (format!("Not sent: {about}"), "after one more look", "it does not go out"),
        Sent::Perhaps => (
            format!("Perhaps sent: {about}"),
            "again, under its id: it cannot go out twice",
            "it may have gone out: the timeline shows it then",
        ),
    };
    let choices = vec![
        Choice { label: Line::clean("send it"), detail: Line::clean(sending), then: send },
        Choice { label: Line::clean("leave it"), detail: Line::clean(leaving), then: Then::Forget { id } },
    ];
    model.ui.modals.open(Modal::Picker(Picker::new(&title, choices)));
}

fn live(link: &LinkView) -> Result<(), &'static str> {
    if link.status.is_live() { Ok(()) } else { Err("no link to the hub: an update could not go out now") }
}

fn asks(state: DeliveryState) -> bool {
    matches!(state, DeliveryState::Failed | DeliveryState::Uncertain)
}

fn compose(model: &mut Model, _: Now, _: &mut Effects) {
    let (Some(incident), Some(audience)) = (model.selected(), model.policy.audiences.first()) else { return };
    let (id, seen) = (incident.id, incident.revision);
    let fresh = Box::new(Compose::new(incident, audience.name.clone()));
    // What was begun goes on, by somebody who now sees the room as it is now.
    let compose = match model.ui.drafts.take_update(id) {
        Some(begun) => Box::new(Compose { seen, ..*begun }),
        None => fresh,
    };
    model.ui.modals.open(Modal::Compose(compose));
}

fn settle(model: &mut Model, now: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let mut choices = Vec::new();
    for comms in incident.comms.values() {
        for (destination, delivery) in comms.deliveries.iter().filter(|(_, delivery)| asks(delivery.state)) {
            let command = |verdict| Command::SettleDelivery {
                incident: incident.id,
                comms: comms.id,
                destination: destination.clone(),
                verdict,
            };
            let state = if delivery.state == DeliveryState::Failed { "failed" } else { "uncertain" };
            let mut add = |label: &str, then| {
                choices.push(Choice {
                    label: Line::clean(&format!("{} to {destination} {state}: {label}", comms.id)),
                    detail: delivery.detail.clone(),
                    then,
                });
            };
            let at_once = |verdict| Then::Send { command: Box::new(command(verdict)), seen: None };
            add("it did arrive", at_once(Verdict::Arrived));
            let text = format!(
                "“{}” goes to {destination} once more. They may then have it twice.",
                comms.message.subject
            );
            let again = Confirm::new(
                &format!("Send {} again?", comms.id),
                &text,
                "Send again",
                OnYes::Send { command: Box::new(command(Verdict::SendAgain)), seen: None },
                now,
            );
            add("send it again", Then::Open(Box::new(Next::Confirm(again))));
            add("leave it", at_once(Verdict::Abandon));
        }
    }
    let picker = Picker::new(&format!("What became of it? ({})", incident.id), choices);
    model.ui.modals.open(Modal::Picker(picker));
}
