//! A busy quarter of an hour at an online shop, made by applying entries: what the snapshots of the screen show.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::actor::{Access, Actor};
use crate::domain::alert::{Alert, AlertChange, Ends, Fingerprint};
use crate::domain::apply::apply;
use crate::domain::comms::{Audience, Destination, Message};
use crate::domain::event::{Declared, Entry, Event, TaskAdded, UnknownEvent};
use crate::domain::gauge::{Presence, SloGauge, SloState};
use crate::domain::ids::{CommsId, EntryId, IncidentId, Seq, TaskId};
use crate::domain::labels::Labels;
use crate::domain::note::{Evidence, Link};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;
use crate::link::LinkStatus;
use crate::link::You;
use crate::tui::draw::{Drawn, draw};
use crate::tui::model::Model;
use crate::tui::msg::Now;
use crate::tui::term::caps::ColorDepth;
use crate::tui::theme::{Glyphs, SHIPPED, Theme, load};
use crate::tui::vm::chrome::{Chrome, FooterKey, HelpSection, PaletteItem};
use crate::tui::widgets::Look;

/// 14:03:17Z on the day that everything here happens.
pub fn now() -> Now {
    Now { wall: at("14:03:17"), mono: Duration::from_secs(600) }
}

pub fn at(clock: &str) -> Timestamp {
    format!("2026-11-23T{clock}Z").parse().unwrap()
}

pub fn line(text: &str) -> Line {
    Line::clean(text)
}

pub fn person(handle: &str) -> Actor {
    Actor::Person(handle.parse().unwrap())
}

pub fn alert(name: &str, severity: &str, service: &str, summary: &str, since: &str) -> Alert {
    let labels: Labels = [("alertname", name), ("service", service), ("severity", severity)]
        .map(|(k, v)| (line(k), line(v)))
        .into();
    let fingerprint = Fingerprint::of(labels.iter().map(|(k, v)| (&**k, &**v)));
    Alert {
        fingerprint,
        name: line(name),
        severity: line(severity),
        labels,
        summary: line(summary),
        source: "prometheus".parse().unwrap(),
        started_at: at(since),
        ended_at: None,
        link: None,
        description: None,
        runbook: None,
        ends: Ends::ByWord,
    }
}

/// A model, and entries that come into it as the hub would send them.
pub struct Story {
    pub model: Model,
    pub seq: u64,
}

impl Story {
    pub fn new() -> Self {
        let mut model = Model::new(line("shop-hub"), 7, (80, 24));
        model.link.status = LinkStatus::Live { rtt: Some(Duration::from_millis(4)) };
        model.link.you = Some(You { handle: "ana".parse().unwrap(), role: Access::Commander });
        let mut policy = (*model.policy).clone();
        policy.audiences = vec![Audience {
            name: "status-page".parse().unwrap(),
            label: line("Status page and key customers"),
            destinations: vec![
                Destination {
                    name: "mail".parse().unwrap(),
                    label: line("mail to 340 recipients"),
                    recipients: 340,
                },
                Destination {
                    name: "page".parse().unwrap(),
                    label: line("webhook at status.shop.example"),
                    recipients: 1,
                },
            ],
        }];
        model.policy = Arc::new(policy);
        Story { model, seq: 0 }
    }

    pub fn tell(&mut self, clock: &str, actor: Actor, incident: u32, event: Event) -> Seq {
        self.tell_at(at(clock), actor, Some(IncidentId(incident)), event)
    }

    pub fn tell_at(
        &mut self,
        at: Timestamp,
        actor: Actor,
        incident: Option<IncidentId>,
        event: Event,
    ) -> Seq {
        self.seq += 1;
        let seq = Seq(self.seq);
        let id = EntryId(uuid::Uuid::from_u128(u128::from(self.seq)));
        let entry = Arc::new(Entry { seq, id, at, actor, incident, event });
        apply(&mut self.model.room, &entry);
        if let Some(incident) = incident {
            self.model.board.update(&self.model.room, incident);
        }
        self.model.timeline.insert(entry);
        seq
    }

    pub fn declare(&mut self, clock: &str, actor: Actor, incident: u32, severity: Severity, title: &str) {
        let declared = Declared {
            title: line(title),
            kind: None,
            severity,
            services: BTreeSet::new(),
            summary: Text::default(),
            drill: false,
            impact_started: None,
            group: None,
        };
        self.tell(clock, actor, incident, Event::Declared(declared));
    }

    pub fn status(&mut self, clock: &str, actor: Actor, incident: u32, to: Status) {
        let from = self.model.room.incidents[&IncidentId(incident)].status;
        self.tell(clock, actor, incident, Event::StatusChanged { from, to, reason: None });
    }

    pub fn note(&mut self, clock: &str, who: &str, incident: u32, text: &str) -> Seq {
        let text = Text::clean(text);
        self.tell(clock, person(who), incident, Event::NoteAdded { text, evidence: None })
    }

    fn task(
        &mut self,
        clock: &str,
        id: u32,
        title: &str,
        owner: Option<&str>,
        due: Option<&str>,
        required: bool,
    ) {
        let added = TaskAdded {
            task: TaskId(id),
            title: line(title),
            owner: owner.map(|owner| owner.parse().unwrap()),
            stage: required.then_some(Status::Investigating),
            role: None,
            required,
            due: due.map(at),
        };
        self.tell(clock, person("ana"), 7, Event::TaskAdded(added));
    }
}

/// An incident in the middle of its work, three others, burning budgets, colleagues.
pub fn busy() -> Model {
    let mut story = Story::new();
    let prometheus = || Actor::Integration("prometheus".parse().unwrap());
    story.declare("09:12:40", person("dee"), 4, Severity::Sev3, "Search suggestions are stale by an hour");
    story.tell("09:14:02", person("dee"), 4, Event::Acknowledged);
    story.status("10:02:11", person("dee"), 4, Status::Monitoring);
    story.declare(
        "11:40:03",
        person("cyn"),
        5,
        Severity::Sev2,
        "Mail receipts delayed: queue at the provider",
    );
    story.tell("11:41:30", person("cyn"), 5, Event::Acknowledged);
    story.status("11:44:12", person("cyn"), 5, Status::Identified);
    story.tell(
        "11:45:00",
        person("cyn"),
        5,
        Event::RoleAssigned { role: "commander".parse().unwrap(), to: "cyn".parse().unwrap() },
    );
    story.declare("12:20:44", person("eli"), 6, Severity::Sev2, "Image thumbnails missing in the catalogue");
    story.tell("12:21:00", person("eli"), 6, Event::Acknowledged);
    story.status("13:31:09", person("eli"), 6, Status::Resolved);

    let declared = Declared {
        title: line("Checkout returns 502 for card payments"),
        kind: None,
        severity: Severity::Sev1,
        services: [line("checkout")].into(),
        summary: Text::clean(
            "About one in five card payments fails since the 13:45 deploy of payments-gateway. Wallets work.",
        ),
        drill: false,
        impact_started: Some(at("13:47:30")),
        group: Some(line("service=checkout")),
    };
    story.tell("13:49:02", prometheus(), 7, Event::Declared(declared));
    for (name, summary, since) in [
        ("CheckoutErrorRate", "18 % of requests fail", "13:47:30"),
        ("CheckoutLatencyP99", "p99 is 4.1 s", "13:48:10"),
        ("PaymentsQueueDepth", "2,140 payments wait", "13:50:00"),
    ] {
        let changes = vec![AlertChange::Fired(alert(name, "critical", "checkout", summary, since))];
        story.tell("13:50:05", prometheus(), 7, Event::AlertsReported { changes });
    }
    story.tell("13:51:20", person("ana"), 7, Event::Acknowledged);
    for (role, to) in [("commander", "ana"), ("operations", "bo"), ("comms", "cyn")] {
        let (role, to) = (role.parse().unwrap(), to.parse().unwrap());
        story.tell("13:52:00", person("ana"), 7, Event::RoleAssigned { role, to });
    }
    story.tell("13:52:10", person("bo"), 7, Event::ResponderJoined { handle: "bo".parse().unwrap() });
    story.tell("13:52:31", person("fay"), 7, Event::ResponderJoined { handle: "fay".parse().unwrap() });
    story.status("13:52:40", person("ana"), 7, Status::Investigating);
    story.task("13:53:00", 1, "Roll back the payments-gateway canary", Some("bo"), Some("14:08:00"), true);
    story.task(
        "13:53:20",
        2,
        "Ask the card provider for their error codes",
        Some("fay"),
        Some("14:00:00"),
        false,
    );
    story.task("13:53:45", 3, "Find out which cards fail", None, None, false);
    story.task("13:54:10", 4, "Freeze deploys of checkout", Some("bo"), None, false);
    story.tell("13:54:30", person("bo"), 7, Event::TaskCompleted { task: TaskId(4) });
    story.tell("13:54:41", person("bo"), 7, Event::TaskAccepted { task: TaskId(1) });
    let first = story.note(
        "13:55:20", "fay", 7,
        "Only cards of one issuer fail: all of them begin with 4571. The provider's status page shows nothing yet.",
    );
    story.tell("13:55:50", person("fay"), 7, Event::NoteCorrected {
        note: first,
        text: Text::clean("Only cards of two issuers fail, 4571 and 5413. The provider's status page shows nothing yet."),
    });
    story.tell("13:56:02", person("ana"), 7, Event::NotePinned { note: first });
    let evidence = Evidence {
        command: Some(line("kubectl -n shop logs deploy/payments-gateway --since=10m | grep -c 502")),
        host: Some(line("bastion-2")),
        exit_code: Some(1),
        output: Text::clean("1842\nerror: unable to retrieve container logs\n"),
    };
    story.tell(
        "13:57:15",
        person("bo"),
        7,
        Event::NoteAdded {
            text: Text::clean("The canary's pods log 502 from the new TLS client."),
            evidence: Some(evidence),
        },
    );
    let message = Message {
        audience: "status-page".parse().unwrap(),
        subject: line("[investigating] SEV1: Checkout returns 502 for card payments"),
        body: Text::clean("What is happening\nSome card payments fail.\n"),
        next_update_at: Some(at("14:00:00")),
    };
    story.tell("13:58:00", person("cyn"), 7, Event::CommsDrafted { comms: CommsId(1), message });
    let destinations = ["mail", "page"].map(|name| name.parse().unwrap()).into();
    story.tell("13:58:04", person("cyn"), 7, Event::CommsPublished { comms: CommsId(1), destinations });
    story.tell(
        "13:58:06",
        Actor::Hub,
        7,
        Event::CommsDelivered {
            comms: CommsId(1),
            destination: "page".parse().unwrap(),
            detail: line("200"),
        },
    );
    story.tell(
        "13:58:36",
        Actor::Hub,
        7,
        Event::CommsUncertain {
            comms: CommsId(1),
            destination: "mail".parse().unwrap(),
            detail: line("no answer after DATA"),
        },
    );
    story.tell(
        "14:00:40",
        Actor::Integration("deploy-bot".parse().unwrap()),
        7,
        Event::Unknown(UnknownEvent { kind: line("change.recorded"), fields: serde_json::Map::new() }),
    );
    let link = Link { title: line("Dashboard"), url: line("https://grafana.shop.example/d/checkout") };
    story.tell("14:01:10", person("bo"), 7, Event::Linked { link });
    story.note("14:02:30", "bo", 7, "Rollback of the canary runs, 40 % of the pods are back on 2026.46.1.");
    story.declare(
        "14:01:50",
        prometheus(),
        8,
        Severity::Sev2,
        "Warehouse API: half of the label prints time out",
    );
    let changes = vec![AlertChange::Fired(alert("LabelPrintTimeouts", "page", "warehouse", "", "14:01:20"))];
    story.tell("14:01:51", prometheus(), 8, Event::AlertsReported { changes });
    for waiting in [
        alert("DiskWillFill", "warning", "search", "full in 6 hours", "13:20:00"),
        alert("CertificateExpires", "info", "intranet", "in 13 days", "08:00:00"),
    ] {
        let changes = vec![AlertChange::Fired(waiting)];
        story.tell_at(at("14:02:00"), prometheus(), None, Event::AlertsReported { changes });
    }
    let mut model = story.model;
    gauges(&mut model);
    for (handle, incident) in [("ana", Some(7)), ("bo", Some(7)), ("cyn", Some(5)), ("gus", None)] {
        let incident = incident.map(IncidentId);
        model.presence.push(Presence { handle: handle.parse().unwrap(), incident, since: at("13:52:00") });
    }
    model.ui.incident = Some(IncidentId(7));
    model
}

fn gauges(model: &mut Model) {
    let gauge = |name: &str, objective, state| SloGauge {
        name: line(name),
        service: line("shop"),
        objective,
        window: line("28d"),
        state,
        budget_left: None,
        burn_5m: None,
        burn_1h: None,
        burn_6h: None,
        exhaustion: None,
        as_of: Some(at("14:03:11")),
        detail: Line::default(),
        coverage: None,
        onset: None,
        pairs: Vec::new(),
        spent: Vec::new(),
        canary: None,
    };
    let checkout = SloGauge {
        budget_left: Some(0.412),
        burn_5m: Some(182.0),
        burn_1h: Some(43.2),
        burn_6h: Some(7.4),
        exhaustion: Some(24_000),
        ..gauge("checkout-availability", 0.999, SloState::Ok)
    };
    let latency = SloGauge {
        budget_left: Some(0.874),
        burn_5m: Some(2.1),
        burn_1h: Some(1.3),
        burn_6h: Some(0.4),
        exhaustion: Some(1_600_000),
        ..gauge("checkout-latency", 0.95, SloState::Ok)
    };
    let catalogue = SloGauge {
        budget_left: Some(0.991),
        burn_5m: Some(0.0),
        burn_1h: Some(0.1),
        burn_6h: Some(0.1),
        ..gauge("catalogue-availability", 0.9995, SloState::Ok)
    };
    let search = SloGauge {
        budget_left: Some(0.63),
        burn_5m: Some(0.9),
        burn_1h: Some(0.8),
        burn_6h: Some(0.9),
        as_of: Some(at("13:49:02")),
        ..gauge("search-availability", 0.995, SloState::Stale)
    };
    let mail = SloGauge {
        as_of: None,
        detail: line("Prometheus knows no series mail_sent_total"),
        ..gauge("mail-delivery", 0.99, SloState::NoData)
    };
    let prints = SloGauge { as_of: None, ..gauge("label-prints", 0.99, SloState::NoTraffic) };
    for gauge in [checkout, latency, catalogue, search, mail, prints] {
        model.gauges.insert(gauge.name.clone(), gauge);
    }
}

pub fn key(keys: &str, label: &str, enabled: bool) -> FooterKey {
    FooterKey { keys: keys.into(), label: label.into(), enabled }
}

pub fn footer() -> Vec<FooterKey> {
    [
        ("a", "acknowledge", false),
        ("s", "status", true),
        ("v", "severity", true),
        ("r", "role", true),
        ("t", "add task", true),
        ("n", "note", true),
        ("u", "update", true),
        ("D", "declare", true),
        ("/", "filter", true),
        (":", "actions", true),
        ("?", "help", true),
    ]
    .map(|(keys, label, enabled)| key(keys, label, enabled))
    .into()
}

pub fn help() -> Vec<HelpSection> {
    vec![
        HelpSection { title: "Incident".into(), keys: footer() },
        HelpSection {
            title: "Moving".into(),
            keys: vec![key("j", "next", true), key("k", "previous", true), key("g i", "incidents", true)],
        },
    ]
}

pub fn palette() -> Vec<PaletteItem> {
    footer()
        .into_iter()
        .map(|key| PaletteItem {
            unavailable: (!key.enabled).then(|| "somebody has acknowledged it".into()),
            label: key.label,
            keys: key.keys,
        })
        .collect()
}

/// A theme that is shipped, in all its colours.
pub fn shipped(name: &str) -> Theme {
    let find =
        |name: &str| SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    load(name, &find(name).unwrap(), ColorDepth::TrueColor, &find).unwrap()
}

/// Read once: it is asked for at every frame of every test.
pub fn dark() -> Theme {
    static DARK: LazyLock<Theme> = LazyLock::new(|| shipped("dark"));
    DARK.clone()
}

/// The model on a screen of that size.
pub fn screen(model: &Model, size: (u16, u16), theme: &Theme, glyphs: &Glyphs) -> (Buffer, Drawn) {
    let (footer, help, palette) = (footer(), help(), palette());
    let chrome = Chrome {
        footer: &footer,
        undo: Some("U"),
        retry: Some("ctrl-r"),
        help: &help,
        palette: &palette,
        which_key: None,
    };
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    let drawn = draw(&mut buffer, model, Look { theme, glyphs }, &chrome, now());
    (buffer, drawn)
}

/// The characters of a screen, without blanks at the ends of rows.
pub fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = crate::tui::vm::text::width(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

pub fn text(model: &Model, size: (u16, u16)) -> String {
    text_of(&screen(model, size, &dark(), &Glyphs::UNICODE).0)
}
