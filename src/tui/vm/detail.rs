//! The selected incident, the most urgent first: what a small screen cuts away is what can wait.

use super::{Cx, Run, Runs, Title, incidents, joined, run, severity, tasks, text, time};
use crate::domain::change::Mark;
use crate::domain::comms::{Comms, CommsState, Delivery, DeliveryState};
use crate::domain::gauge::{SloGauge, Spent};
use crate::domain::incident::Incident;
use crate::domain::role::Slug;
use crate::domain::suspects::{Suspect, suspects};
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::theme::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub title: Title,
    pub fields: Vec<Field>,
    pub empty: Option<Run>,
}

/// A word of its own column, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Empty where the rows speak for themselves.
    pub label: &'static str,
    pub rows: Vec<Runs>,
}

/// Columns of the labels, their blank included.
pub const LABEL: usize = 10;

/// The selected incident in `width` by `height`: at most `height` rows in all.
pub fn detail(model: &Model, cx: &Cx<'_>, width: usize, height: usize) -> Detail {
    let Some(incident) = model.selected() else {
        let says = match model.board.is_empty() {
            true => "Status, roles, tasks and updates of an incident show here.",
            false => "Select an incident to see who does what.",
        };
        let title = Title::new("No incident selected", false);
        return Detail { title, fields: Vec::new(), empty: Some(run(Role::TextMuted, says)) };
    };
    let title = Title::new(format!("{} {}", incident.id, incident.title), false);
    let columns = width.saturating_sub(LABEL);
    let mut fields = vec![Field { label: "", rows: head(model, incident, cx, width, height) }];
    fields.extend(asking(incident));
    fields.extend(waiting(model, incident, cx));
    fields.push(Field { label: "Update", rows: vec![update(incident, cx)] });
    fields.push(Field { label: "Roles", rows: text::flow(roles(model, incident), columns, "  ") });
    if incident.tasks.values().take(tasks::COUNTED).any(Task::is_open) {
        make_room(&mut fields, height.saturating_sub(1));
    }
    let fixed: usize = fields.iter().map(|field| field.rows.len()).sum();
    // Tasks have what is left, but for a row each of what follows.
    let changes = changes(model, incident, cx, columns);
    let budget = budget(model, incident, cx);
    let others = usize::from(changes.is_some()) + usize::from(budget.is_some());
    let room = height.saturating_sub(fixed + 3 + others).max(1);
    fields.push(Field { label: "Tasks", rows: task_rows(model, incident, cx, columns, room) });
    fields.push(Field { label: "Alerts", rows: vec![alerts(incident)] });
    fields.extend(budget);
    fields.extend(changes);
    fields.extend(pins(model, incident, cx));
    fields.extend(summary(incident, cx, columns));
    fields.extend(links(incident, cx));
    let mut left = height;
    fields.retain_mut(|field| {
        field.rows.truncate(left);
        left -= field.rows.len();
        !field.rows.is_empty()
    });
    Detail { title, fields, empty: None }
}

/// Shortens what stands before the tasks to `most` rows, so that one is always left for them: first what is there in
/// more than one row, then the roles.
fn make_room(fields: &mut Vec<Field>, most: usize) {
    let over =
        |fields: &[Field]| fields.iter().map(|field| field.rows.len()).sum::<usize>().saturating_sub(most);
    for label in ["Roles", "Waiting", "Asks you"] {
        let over = over(fields);
        if let Some(field) = fields.iter_mut().find(|field| field.label == label) {
            let kept = field.rows.len().saturating_sub(over).max(1);
            let hidden = field.rows.len().saturating_sub(kept);
            field.rows.truncate(kept);
            if let (1.., Some(last)) = (hidden, field.rows.last_mut()) {
                last.push(run(Role::TextMuted, format!("  +{hidden} more")));
            }
        }
    }
    if over(fields) > 0 {
        fields.retain(|field| field.label != "Roles");
    }
}

/// Severity with its meaning, status, how long it has been going on, who has it.
fn head(model: &Model, incident: &Incident, cx: &Cx<'_>, width: usize, height: usize) -> Vec<Runs> {
    let mut worst = vec![severity(incident.severity, cx)];
    // Where rows are few, everybody knows what the number means.
    if let Some(label) = model.policy.severity_labels.get(&incident.severity)
        && height > 7
    {
        worst.push(run(Role::TextMuted, format!(" {label}")));
    }
    if incident.drill {
        worst.push(run(Role::Pending, "  DRILL"));
    }
    let mut status = vec![run(incidents::status(incident).role, incident.status.name())];
    if let Some(into) = incident.merged_into {
        status.push(run(Role::Text, format!(" into {into}")));
    }
    let since = match (incident.milestones.resolved, incident.milestones.impact_started) {
        (Some(resolved), _) if !incident.status.is_live() => {
            vec![run(Role::Text, format!("lasted {}", time::running(resolved.since(incident.began_at()))))]
        }
        (_, impact) => {
            let began = incident.began_at();
            let word = if impact.is_some() { "impact" } else { "declared" };
            vec![
                run(Role::Text, time::running(cx.now.wall.since(began))),
                run(Role::Text, format!(" since {word} {}", time::minute(began, cx.zone))),
            ]
        }
    };
    let taken = match &incident.acknowledgement {
        Some(taken) => vec![
            run(Role::Text, format!("acked by {}", taken.by)),
            run(Role::Text, format!(" {}", time::minute(taken.at, cx.zone))),
        ],
        None if incident.status.is_live() => vec![run(Role::Unacknowledged, "NOBODY HAS ACKNOWLEDGED")],
        None => vec![run(Role::TextMuted, "never acknowledged")],
    };
    let dot = format!(" {} ", cx.glyphs.dot);
    let said = joined([status.clone(), since.clone(), taken.clone()], cx);
    if height <= 7 && super::runs_width(&worst) + text::width(&dot) + super::runs_width(&said) > width {
        // On a narrow screen with few rows, how long and by whom must do.
        let first = |runs: Runs| runs.into_iter().take(1).collect::<Runs>();
        return vec![joined([worst, status, first(since), first(taken)], cx)];
    }
    text::flow(vec![worst, said], width, &dot)
}

/// Deliveries that only a person can settle.
fn asking(incident: &Incident) -> Option<Field> {
    const LOOKED_AT: usize = 50;
    let mut rows = Vec::new();
    for comms in incident.comms.values().rev().take(LOOKED_AT) {
        for (destination, delivery) in &comms.deliveries {
            let says = match delivery.state {
                DeliveryState::Uncertain => ": did it arrive?",
                DeliveryState::Failed => " FAILED: once more, or leave it?",
                DeliveryState::Pending
                | DeliveryState::Sending
                | DeliveryState::Delivered
                | DeliveryState::Abandoned => continue,
            };
            let mut row = vec![run(Role::Danger, format!("{} to {destination}{says}", comms.id))];
            if !delivery.detail.is_empty() {
                row.push(run(Role::TextMuted, format!("  {}", delivery.detail)));
            }
            rows.push(row);
        }
    }
    let more = rows.len().saturating_sub(2);
    if more > 0 {
        rows.truncate(2);
        rows.push(vec![run(Role::Danger, format!("and {more} more deliveries"))]);
    }
    (!rows.is_empty()).then_some(Field { label: "Asks you", rows })
}

/// Commands about it that are not yet true.
fn waiting(model: &Model, incident: &Incident, cx: &Cx<'_>) -> Option<Field> {
    let about = model.pending.values().filter(|pending| pending.command.incident() == Some(incident.id));
    let rows: Vec<Runs> = about.take(3).map(|pending| incidents::pending_words(pending, cx)).collect();
    (!rows.is_empty()).then_some(Field { label: "Waiting", rows })
}

fn update(incident: &Incident, cx: &Cx<'_>) -> Runs {
    let due = due(incident, cx);
    match undelivered(incident) {
        Some(told) => {
            [vec![run(Role::Danger, told), run(Role::TextMuted, format!(" {} ", cx.glyphs.dot))], due]
                .concat()
        }
        None => due,
    }
}

/// What was published last and has not reached everybody it is for, if a try went wrong: nobody should believe that people
/// were told.
fn undelivered(incident: &Incident) -> Option<String> {
    let published = |comms: &&Comms| matches!(comms.state, CommsState::Published { .. });
    let last = incident.comms.values().rev().find(published)?;
    let waits =
        |delivery: &&Delivery| delivery.state == DeliveryState::Pending && !delivery.detail.is_empty();
    let waiting = last.deliveries.values().filter(waits).count();
    (waiting > 0).then(|| format!("{} NOT DELIVERED to {waiting} of {}", last.id, last.deliveries.len()))
}

fn due(incident: &Incident, cx: &Cx<'_>) -> Runs {
    match incident.next_update_due {
        // What was promised does not end with the incident: only an update can say that none follows.
        Some(due) if !incident.status.is_live() => {
            let role = match (incident.status.is_open(), due <= cx.now.wall) {
                (true, true) => Role::Danger,
                (true, false) => Role::Warn,
                (false, _) => Role::TextMuted,
            };
            let to = promised_to(incident, due).map(|audience| format!(" to {audience}")).unwrap_or_default();
            vec![run(role, format!("an update was promised{to} for {}", time::minute(due, cx.zone)))]
        }
        Some(due) if due <= cx.now.wall => {
            let late = time::age(cx.now.wall.since(due));
            let due = time::minute(due, cx.zone);
            vec![run(Role::Danger, format!("OVERDUE by {late}")), run(Role::Text, format!(", was due {due}"))]
        }
        Some(due) => {
            let left = due.since(cx.now.wall);
            let role = if left.as_secs() < 300 { Role::Warn } else { Role::Text };
            vec![run(role, format!("next one due in {} at {}", time::age(left), time::minute(due, cx.zone)))]
        }
        None if incident.comms.is_empty() => vec![run(Role::TextMuted, "nobody outside was told")],
        None => vec![run(Role::TextMuted, "no further one promised")],
    }
}

/// The audience of the newest update that promised another for then.
fn promised_to(incident: &Incident, due: Timestamp) -> Option<&Slug> {
    let promised = incident.comms.values().rev().find(|comms| {
        matches!(comms.state, CommsState::Published { .. }) && comms.message.next_update_at == Some(due)
    });
    promised.map(|comms| &comms.message.audience)
}

/// All roles of the policy, held or vacant, then those that it does not know.
fn roles(model: &Model, incident: &Incident) -> Vec<Runs> {
    let known = model.policy.roles.iter().map(|role| {
        let held = match incident.roles.get(&role.name) {
            Some(handle) => run(Role::Text, format!("@{handle}")),
            None if role.leads => run(Role::Danger, "vacant"),
            None => run(Role::TextMuted, "vacant"),
        };
        vec![run(Role::TextMuted, format!("{} ", role.label)), held]
    });
    let others = incident.roles.iter().filter(|(role, _)| model.policy.role(role).is_none());
    let others = others.map(|(role, handle)| {
        vec![run(Role::TextMuted, format!("{role} ")), run(Role::Text, format!("@{handle}"))]
    });
    known.chain(others).collect()
}

/// How many are done, and the next ones.
fn task_rows(model: &Model, incident: &Incident, cx: &Cx<'_>, columns: usize, height: usize) -> Vec<Runs> {
    let next = tasks::next(incident, model.me());
    let counted = tasks::counted(incident);
    if next.is_empty() {
        return vec![vec![run(Role::TextMuted, counted)]];
    }
    let widest = next.iter().take(height).map(|task| task.id.to_string().len()).max().unwrap_or(0);
    let hidden = next.len().saturating_sub(height);
    // Where there is but one row, it says itself how many more there are.
    let more = match (height, hidden) {
        (0 | 1, 1..) => format!(" +{hidden} more"),
        (_, _) => String::new(),
    };
    let rows = next.iter().take(height).map(|task| {
        let row = tasks::row(task, model.ui.task == Some(task.id), tasks::Facts::Brief, cx);
        let facts = super::runs_width(&row.facts) + text::width(&more);
        let space = columns.saturating_sub(widest + 5 + facts).max(12);
        let mut runs = vec![
            row.state,
            run(Role::TextMuted, format!(" {:<widest$} ", row.id)),
            run(Role::Text, text::padded(&row.title, space, cx.glyphs.ellipsis)),
            run(Role::Text, " "),
        ];
        runs.extend(row.facts);
        runs.push(run(Role::Warn, more.clone()));
        runs
    });
    let mut rows: Vec<Runs> = rows.collect();
    if height > 1 {
        // The count takes a row too.
        let hidden = (next.len() + 1).saturating_sub(height);
        let words = if hidden > 0 { format!("{counted}, {hidden} more open") } else { counted };
        rows.insert(0, vec![run(Role::TextMuted, words)]);
        rows.truncate(height);
    }
    rows
}

fn alerts(incident: &Incident) -> Runs {
    let alerts = &incident.alerts;
    let names = || {
        let mut names: Vec<&str> = Vec::new();
        // Each once: the same alert fires for many an instance.
        for alert in alerts.shown.values().filter(|alert| alert.is_firing()).take(20) {
            if !names.contains(&&*alert.name) {
                names.push(&alert.name);
            }
        }
        names.truncate(4);
        names.join(", ")
    };
    match (alerts.fired, alerts.firing) {
        (0, _) => vec![run(Role::TextMuted, "none")],
        (1, 0) => vec![run(Role::Ok, "1 alert, resolved")],
        (fired, 0) => vec![run(Role::Ok, format!("all {fired} resolved"))],
        (fired, firing) => vec![
            run(Role::Warn, format!("{firing} of {fired} firing")),
            run(Role::TextMuted, format!("  {}", names())),
        ],
    }
}

/// What the incident has cost so far, the dearest first: `12.4% of checkout-availability's 28d since 14:02Z`.
fn budget(model: &Model, incident: &Incident, cx: &Cx<'_>) -> Option<Field> {
    const SHOWN: usize = 2;
    let of_incident =
        |gauge: &SloGauge| gauge.spent.iter().find(|spent| spent.incident == incident.id).copied();
    let mut costs: Vec<(&SloGauge, Spent)> =
        model.gauges.values().filter_map(|gauge| Some((gauge, of_incident(gauge)?))).collect();
    costs.sort_by(|(_, one), (_, other)| other.share.total_cmp(&one.share));
    let rows: Vec<Runs> = costs
        .iter()
        .take(SHOWN)
        .map(|(gauge, spent)| {
            let role = if spent.share >= 0.1 { Role::Danger } else { Role::Text };
            let since = time::minute(spent.since, cx.zone);
            vec![
                run(role, format!("{:.1}%", 100.0 * spent.share)),
                run(Role::Text, format!(" of {}'s {} since {since}", gauge.name, gauge.window)),
            ]
        })
        .collect();
    (!rows.is_empty()).then_some(Field { label: "Budget", rows })
}

/// Changes near the onset, the likeliest first: how long ago, and what speaks for each.
fn changes(model: &Model, incident: &Incident, cx: &Cx<'_>, columns: usize) -> Option<Field> {
    const SHOWN: usize = 3;
    let near = suspects(&model.room.changes, incident);
    let row = |suspect: &Suspect<'_>| {
        let change = suspect.change;
        let mark = match suspect.mark {
            Some(mark @ Mark::Suspect) => Some(run(Role::Danger, format!("{} ", mark.words()))),
            Some(mark @ (Mark::Held | Mark::RolledBack)) => {
                Some(run(Role::Warn, format!("{} ", mark.words())))
            }
            Some(mark @ Mark::Cleared) => Some(run(Role::TextMuted, format!("{} ", mark.words()))),
            None => None,
        };
        let quiet = matches!(suspect.mark, Some(Mark::Cleared));
        let role = if quiet { Role::TextMuted } else { Role::Text };
        let title = text::cut(&change.title, (columns / 2).max(16), cx.glyphs.ellipsis);
        let age = time::age(cx.now.wall.since(change.phase_at));
        let marked = mark.into_iter().chain([run(role, title)]).collect();
        let what = vec![run(Role::TextMuted, format!("{} {age} ago", change.kind))];
        joined([marked, what, vec![run(Role::TextMuted, suspect.evidence.clone())]], cx)
    };
    let mut rows: Vec<Runs> = near.iter().take(SHOWN).map(row).collect();
    if let (more @ 1.., Some(last)) = (near.len().saturating_sub(SHOWN), rows.last_mut()) {
        last.push(run(Role::TextMuted, format!("  +{more} more")));
    }
    (!rows.is_empty()).then_some(Field { label: "Changes", rows })
}

/// The newest pinned notes, as they read now.
fn pins(model: &Model, incident: &Incident, cx: &Cx<'_>) -> Option<Field> {
    let timeline = &model.timeline;
    let rows: Vec<Runs> = incident
        .pins
        .iter()
        .rev()
        .take(2)
        .filter_map(|seq| {
            let at = timeline.corrections.get(seq).unwrap_or(seq);
            let text = timeline.entries.get(at)?.event.note()?;
            Some(vec![run(Role::Text, format!("{} {}", cx.glyphs.pin, text.first_line()))])
        })
        .collect();
    (!rows.is_empty()).then_some(Field { label: "Pinned", rows })
}

fn summary(incident: &Incident, cx: &Cx<'_>, columns: usize) -> Option<Field> {
    let rows = text::wrap(&incident.summary, columns, 3, cx.glyphs.ellipsis);
    let rows: Vec<Runs> = rows.into_iter().map(|row| vec![run(Role::Text, row)]).collect();
    (!incident.summary.is_empty()).then_some(Field { label: "Summary", rows })
}

fn links(incident: &Incident, cx: &Cx<'_>) -> Option<Field> {
    let rows: Vec<Runs> = incident
        .links
        .iter()
        .take(3)
        .map(|link| {
            joined(
                [vec![run(Role::Text, link.title.to_string())], vec![run(Role::Link, link.url.to_string())]],
                cx,
            )
        })
        .collect();
    (!rows.is_empty()).then_some(Field { label: "Links", rows })
}
