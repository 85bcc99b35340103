//! One entry, incident, alert or SLO in full: nothing is cut here.

use std::time::Duration;

use super::{Dialog, Space};
use crate::domain::alert::{Alert, Fingerprint};
use crate::domain::event::{Entry, Event};
use crate::domain::gauge::{PairState, SloGauge, SloState};
use crate::domain::ids::{IncidentId, Seq};
use crate::domain::incident::Incident;
use crate::domain::narrate::narrate;
use crate::domain::status::Milestone;
use crate::domain::suspects::{Suspect, suspects};
use crate::domain::text::Line;
use crate::tui::modal::DetailsAbout;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::vm::{Cx, Runs, detail, header, run, severity, slos, text, time};

pub(super) fn details(about: &DetailsAbout, scroll: u16, model: &Model, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut page = Page { dialog: Dialog::new("", space.wide(100)), columns: 0, cx };
    page.columns = space.inside(page.dialog.width);
    match about {
        DetailsAbout::Entry(seq) => page.entry(model, *seq),
        DetailsAbout::Incident(id) => page.incident(model, *id),
        DetailsAbout::Alert(fingerprint) => page.alert(model, *fingerprint),
        DetailsAbout::Slo(name) => page.slo(model, name),
    }
    let mut dialog = page.dialog;
    let most = dialog.rows.len().saturating_sub(space.rows_beside(2));
    dialog.scroll = usize::from(scroll).min(most);
    let seen = dialog.rows.len() - most + dialog.scroll;
    // A dialog may be as high as the screen: what is said has no other place.
    let says = model.ui.toast.as_ref().filter(|toast| toast.until > cx.now.mono);
    dialog.foot.push(match (says, most) {
        (Some(toast), _) => vec![run(Role::TextStrong, toast.text.to_string())],
        (None, 0) => Runs::new(),
        (None, _) => vec![run(Role::TextMuted, format!("row {seen} of {}", dialog.rows.len()))],
    });
    match most {
        0 => dialog.keys(&[("esc", "closes")]),
        _ => dialog.keys(&[("up/down", "scrolls"), ("esc", "closes")]),
    }
    dialog
}

struct Page<'a> {
    dialog: Dialog,
    columns: usize,
    cx: &'a Cx<'a>,
}

impl Page<'_> {
    fn entry(&mut self, model: &Model, seq: Seq) {
        self.dialog.title = format!("Entry {seq}");
        let Some(entry) = model.timeline.entries.get(&seq) else {
            self.dialog.say(Role::TextMuted, "This entry is not held here any more.");
            return;
        };
        self.head(entry);
        match &entry.event {
            Event::NoteAdded { text, evidence } => {
                let correction =
                    model.timeline.corrections.get(&seq).and_then(|seq| model.timeline.entries.get(seq));
                if let Some((Event::NoteCorrected { text, .. }, correction)) =
                    correction.map(|correction| (&correction.event, correction))
                {
                    self.text(Role::Text, text);
                    self.dialog.blank();
                    let when = time::clock(correction.at, self.cx.zone);
                    self.dialog
                        .say(Role::Warn, format!("corrected by {} {when}; it first read:", correction.actor));
                }
                self.text(Role::Text, text);
                if let Some(evidence) = evidence {
                    self.dialog.blank();
                    let words =
                        |line: &Option<crate::domain::text::Line>| line.as_ref().map(ToString::to_string);
                    self.fact("command", words(&evidence.command));
                    self.fact("host", words(&evidence.host));
                    self.fact("exit code", evidence.exit_code.map(|code| code.to_string()));
                    self.dialog.blank();
                    self.text(Role::TextMuted, &evidence.output);
                }
            }
            Event::CommsDrafted { message, .. } => {
                self.fact("audience", Some(message.audience.to_string()));
                self.fact("subject", Some(message.subject.to_string()));
                self.dialog.blank();
                self.text(Role::Text, &message.body);
            }
            Event::Unknown(unknown) => {
                self.text(Role::Warn, "From a newer hub; this version does not know what it means.");
                self.fact("type", Some(unknown.kind.to_string()));
                for (name, value) in &unknown.fields {
                    // Raw values of a newer hub: cleaned here, as nobody has before.
                    let name = crate::domain::text::Line::clean(name);
                    let value = crate::domain::text::Line::clean(&value.to_string());
                    self.fact(&name, Some(value.to_string()));
                }
            }
            Event::Acknowledged
            | Event::Unacknowledged
            | Event::StatusChanged { .. }
            | Event::SeverityChanged { .. }
            | Event::TitleChanged { .. }
            | Event::SummaryChanged { .. }
            | Event::MilestoneSet { .. }
            | Event::Reopened { .. }
            | Event::Cancelled { .. }
            | Event::Merged { .. }
            | Event::Absorbed { .. }
            | Event::Linked { .. }
            | Event::AlertsReported { .. }
            | Event::AlertsAttached { .. }
            | Event::ChangesRecorded { .. }
            | Event::ChangeMarked { .. }
            | Event::RoleAssigned { .. }
            | Event::RoleVacated { .. }
            | Event::ResponderJoined { .. }
            | Event::ResponderReleased { .. }
            | Event::TaskAdded(_)
            | Event::TaskAssigned { .. }
            | Event::TaskAccepted { .. }
            | Event::TaskCompleted { .. }
            | Event::TaskReopened { .. }
            | Event::NotePinned { .. }
            | Event::NoteUnpinned { .. }
            | Event::NoteCorrected { .. }
            | Event::CommsDiscarded { .. }
            | Event::CommsPublished { .. }
            | Event::CommsAttempted { .. }
            | Event::CommsDeferred { .. }
            | Event::CommsDelivered { .. }
            | Event::CommsFailed { .. }
            | Event::CommsUncertain { .. }
            | Event::CommsDropped { .. }
            | Event::CommsSettled { .. }
            | Event::BudgetCrossed { .. }
            | Event::RolloutJudged { .. }
            | Event::Declared(_) => {
                self.text(Role::Text, &narrate(entry));
            }
        }
    }

    fn head(&mut self, entry: &Entry) {
        let incident = entry.incident.map(|incident| format!(" on {incident}")).unwrap_or_default();
        let when = format!("{} {}", time::day(entry.at, self.cx.zone), time::clock(entry.at, self.cx.zone));
        self.dialog.say(Role::TextMuted, format!("{when}  {}{incident}", entry.actor));
        self.dialog.blank();
    }

    fn incident(&mut self, model: &Model, id: IncidentId) {
        self.dialog.title = id.to_string();
        let Some(incident) = model.room.incident(id) else {
            self.dialog.say(Role::TextMuted, "This incident is not in the room any more.");
            return;
        };
        self.text(Role::TextStrong, &incident.title);
        self.dialog.push(vec![
            severity(incident.severity, self.cx),
            run(Role::Text, format!("  {}", incident.status)),
        ]);
        if !incident.summary.is_empty() {
            self.dialog.blank();
            self.text(Role::Text, &incident.summary);
        }
        self.dialog.blank();
        for milestone in Milestone::ALL {
            let when = incident.milestones.get(milestone);
            let words =
                when.map(|at| format!("{} {}", time::day(at, self.cx.zone), time::clock(at, self.cx.zone)));
            self.fact(milestone.name(), words);
        }
        self.fact("declared by", Some(incident.declared_by.to_string()));
        self.list("services", incident.services.iter().map(ToString::to_string));
        self.list("responders", incident.responders.keys().map(|handle| format!("@{handle}")));
        self.list("absorbed", incident.absorbed.iter().map(ToString::to_string));
        for link in &incident.links {
            self.fact(&link.title, Some(link.url.to_string()));
        }
        self.changes(model, incident);
        self.dialog.blank();
        for alert in incident.alerts.shown.values() {
            let state =
                if alert.is_firing() { run(Role::Warn, "firing  ") } else { run(Role::Ok, "resolved") };
            self.dialog.push(vec![state, run(Role::Text, format!("  {}", alert.name))]);
            self.fact("", (!alert.summary.is_empty()).then(|| alert.summary.to_string()));
            self.further(alert);
        }
    }

    /// What was near the onset, and what people said of it.
    fn changes(&mut self, model: &Model, incident: &Incident) {
        const SHOWN: usize = 20;
        let near = suspects(&model.room.changes, incident);
        if near.is_empty() {
            return;
        }
        self.dialog.blank();
        self.dialog.say(Role::TextMuted, "Changes near the onset");
        for Suspect { change, mark, evidence } in near.iter().take(SHOWN) {
            let mark = mark.map(|mark| format!("{}  ", mark.words())).unwrap_or_default();
            let what = run(Role::TextMuted, format!("{}  ", change.what()));
            self.dialog.push(vec![run(Role::Warn, mark), what, run(Role::Text, change.title.to_string())]);
            self.fact("", Some(evidence.clone()));
            self.fact("by", change.by.as_ref().map(ToString::to_string));
            self.fact("link", change.link.as_ref().map(ToString::to_string));
            let reason = incident.marks.get(&change.id).and_then(|marked| marked.reason.as_ref());
            self.fact("why", reason.map(ToString::to_string));
        }
    }

    fn alert(&mut self, model: &Model, fingerprint: Fingerprint) {
        self.dialog.title = "Alert".to_owned();
        let Some(alert) = model.room.alerts.waiting.get(&fingerprint) else {
            self.dialog.say(
                Role::TextMuted,
                "This alert does not wait any more: it resolved, or an incident took it.",
            );
            return;
        };
        self.text(Role::TextStrong, &alert.name);
        self.text(Role::Text, &alert.summary);
        self.dialog.blank();
        let at = alert.started_at;
        self.fact(
            "since",
            Some(format!("{} {}", time::day(at, self.cx.zone), time::clock(at, self.cx.zone))),
        );
        self.fact("source", Some(alert.source.to_string()));
        self.further(alert);
        self.dialog.blank();
        for (name, value) in alert.labels.iter() {
            self.fact(name, Some(value.to_string()));
        }
    }

    /// What its author wrote for whoever is called by it.
    fn further(&mut self, alert: &Alert) {
        self.fact("description", alert.description.as_ref().map(ToString::to_string));
        self.fact("runbook", alert.runbook.as_ref().map(ToString::to_string));
        self.fact("link", alert.link.as_ref().map(ToString::to_string));
    }

    fn slo(&mut self, model: &Model, name: &Line) {
        self.dialog.title = format!("SLO {name}");
        let Some(gauge) = model.gauges.get(name) else {
            self.dialog.say(Role::TextMuted, "The hub says nothing of this SLO any more.");
            return;
        };
        let (role, state) = match gauge.state {
            SloState::Ok if gauge.detail.is_empty() => (Role::Ok, "The figures are fresh."),
            SloState::Ok => (Role::Warn, "The figures are fresh, but:"),
            SloState::NoTraffic => (Role::TextMuted, "No traffic: nothing was asked of the service."),
            SloState::NoData => (Role::Warn, "No data: the source answers, and knows no such series."),
            SloState::Stale => (Role::Warn, "Stale: the last answer is too old to trust."),
            SloState::Failing => (Role::Danger, "Failing: the source does not answer, or not sensibly."),
        };
        self.text(role, state);
        self.text(role, &gauge.detail);
        if !header::is_current(&model.link) {
            self.text(Role::Offline, "There is no link to the hub: these are the last figures that it sent.");
        }
        self.dialog.blank();
        self.fact("service", Some(gauge.service.to_string()));
        self.fact("objective", Some(format!("{} over {}", slos::percent(gauge.objective), gauge.window)));
        let left = gauge.budget_left.filter(|left| left.is_finite());
        let budget = left.map(|left| match left {
            left if left < 0.0 => format!("overspent by {}", slos::share(-left)),
            left if left <= 0.0 => "spent".to_owned(),
            left => format!("{} left", slos::share(left)),
        });
        self.fact("budget", Some(budget.unwrap_or_else(|| "not known".to_owned())));
        for (name, burn) in
            [("burn 5m", gauge.burn_5m), ("burn 1h", gauge.burn_1h), ("burn 6h", gauge.burn_6h)]
        {
            let burn = burn.filter(|burn| burn.is_finite());
            let words = burn.map_or_else(|| "not known".to_owned(), |burn| slos::burn_words(burn, self.cx));
            self.fact(name, Some(words));
        }
        let exhaustion = match (left, gauge.exhaustion) {
            (Some(left), _) if left <= 0.0 => "the budget is spent".to_owned(),
            (_, Some(seconds)) => {
                let left = time::age(Duration::from_secs(seconds));
                format!("in {left}, if the burn of the last hour goes on")
            }
            (Some(_), None) => "not at the burn of the last hour".to_owned(),
            (None, None) => "not known".to_owned(),
        };
        self.fact("exhaustion", Some(exhaustion));
        self.pairs(gauge);
        let as_of = gauge.as_of.map(|at| {
            let age = time::age(self.cx.now.wall.since(at));
            let (day, clock) = (time::day(at, self.cx.zone), time::clock(at, self.cx.zone));
            format!("{age} old, of {day} {}", clock.trim_end())
        });
        self.fact("age", Some(as_of.unwrap_or_else(|| "there were never any figures".to_owned())));
        self.fact(
            "source",
            Some("what the hub asks for this SLO: the queries of its OpenSLO document".to_owned()),
        );
    }

    /// Who is called when: each pair of windows, how it stands, and what holds it back.
    fn pairs(&mut self, gauge: &SloGauge) {
        let window = |seconds: u64| time::age(Duration::from_secs(seconds));
        let burn = |burn: Option<f64>, cx: &Cx<'_>| match burn.filter(|burn| burn.is_finite()) {
            Some(burn) => slos::burn_words(burn, cx),
            None => "?".to_owned(),
        };
        for pair in &gauge.pairs {
            let state = match pair.state {
                PairState::Quiet => "quiet",
                PairState::Rising => "rising",
                PairState::Held => "held back",
                PairState::Firing => "FIRING",
                PairState::Recovering => "recovering",
                PairState::Unknown => "not known",
            };
            let short = pair
                .short
                .map(|short| format!(" and {} over {}", burn(pair.burn_short, self.cx), window(short)));
            let held = if pair.held.is_empty() { String::new() } else { format!(": {}", pair.held) };
            let words = format!(
                "{state}{held}. {} over {}{}; calls above {}",
                burn(pair.burn_long, self.cx),
                window(pair.long),
                short.unwrap_or_default(),
                slos::burn_words(pair.threshold, self.cx),
            );
            self.fact(&pair.severity, Some(words));
        }
        let zone = self.cx.zone;
        self.fact(
            "onset",
            gauge.onset.map(|at| format!("{} {}", time::day(at, zone), time::clock(at, zone))),
        );
        let coverage = gauge.coverage.filter(|coverage| *coverage < 0.995);
        let known = coverage.map(|coverage| {
            format!("{:.0}% of the period; the budget is that of what is known", 100.0 * coverage)
        });
        self.fact("counted", known);
    }

    fn text(&mut self, role: Role, words: &str) {
        for row in text::wrap(words, self.columns, usize::MAX - 1, self.cx.glyphs.ellipsis) {
            self.dialog.say(role, row);
        }
    }

    fn list(&mut self, name: &str, words: impl Iterator<Item = String>) {
        let words: Vec<String> = words.collect();
        self.fact(name, (!words.is_empty()).then(|| words.join(", ")));
    }

    /// A name and a value, wrapped under itself; nothing when there is no value.
    fn fact(&mut self, name: &str, value: Option<String>) {
        let Some(value) = value else { return };
        let label = detail::LABEL + 5;
        let rows =
            text::wrap(&value, self.columns.saturating_sub(label), usize::MAX - 1, self.cx.glyphs.ellipsis);
        for (place, row) in rows.into_iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            let name = text::padded(name, label - 1, self.cx.glyphs.ellipsis);
            self.dialog.push(vec![run(Role::TextMuted, format!("{name} ")), run(Role::Text, row)]);
        }
    }
}
