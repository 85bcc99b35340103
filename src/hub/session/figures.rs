//! What one terminal has been told of the SLOs, and what it should hear next: all of them once, then what it shows as it
//! moves, and of the rest what turned.

use std::collections::BTreeSet;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::domain::ids::IncidentId;
use crate::domain::text::Line;
use crate::hub::gauges::Latest;
use crate::hub::writer::SharedRoom;

/// Up to so many SLOs are followed as they move, whatever is looked at.
const FEW: usize = 30;
/// The pane in which all SLOs are looked at.
const ALL: &str = "slos";

#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Up to which change each was sent; empty before the first frame.
    sent: Vec<u64>,
    incident: Option<IncidentId>,
    looks_at_all: bool,
}

impl Figures {
    pub fn look_at(&mut self, incident: Option<IncidentId>, pane: Option<&Line>) {
        self.incident = incident;
        self.looks_at_all = pane.is_some_and(|pane| pane.as_str() == ALL);
    }

    /// The next frame, if there is something to say.
    pub fn frame(&mut self, latest: &Latest, room: &SharedRoom) -> Option<Utf8Bytes> {
        let is_first = self.sent.len() != latest.told.len() || self.sent.is_empty();
        self.sent.resize(latest.told.len(), 0);
        let services = self.services(room);
        let follows_all = is_first || self.looks_at_all || latest.told.len() <= FEW;
        let mut frame = String::from(r#"{"type":"gauges","slos":["#);
        let before = frame.len();
        for ((sent, told), slo) in self.sent.iter_mut().zip(latest.told.iter()).zip(latest.slos.iter()) {
            let follows = follows_all || told.is_among_the_worst || services.contains(&slo.service);
            let news = if follows { told.changed } else { told.turned };
            if news > *sent || is_first {
                if frame.len() > before {
                    frame.push(',');
                }
                frame.push_str(&told.json);
                *sent = latest.version;
            }
        }
        if frame.len() == before && !is_first {
            return None;
        }
        frame.push_str(if is_first { "]}" } else { r#"],"partial":true}"# });
        Some(frame.into())
    }

    fn services(&self, room: &SharedRoom) -> BTreeSet<Line> {
        let room = room.read();
        let incident = self.incident.and_then(|id| room.incident(id));
        incident.map(|incident| incident.services.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gauge::{SloGauge, SloState};
    use crate::hub::gauges::Gauges;

    /// So many SLOs, each of a service of its own, at these burns.
    fn slos(burns: impl Iterator<Item = f64>) -> Vec<SloGauge> {
        let gauge = |(number, burn): (usize, f64)| SloGauge {
            burn_5m: Some(burn),
            ..SloGauge::calm(&format!("slo-{number:03}"), &format!("service-{number}"))
        };
        burns.enumerate().map(gauge).collect()
    }

    fn told(figures: &mut Figures, gauges: &Gauges) -> Option<Vec<String>> {
        let frame = figures.frame(&gauges.watch().borrow(), &SharedRoom::default())?;
        let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
        let names =
            frame["slos"].as_array().unwrap().iter().map(|slo| slo["name"].as_str().unwrap().to_owned());
        Some(names.collect())
    }

    #[test]
    fn all_are_told_once_and_then_what_turned_and_what_is_worst() {
        let gauges = Gauges::default();
        // The first are the worst, and stay so.
        gauges.publish(slos((0..100).map(|number| f64::from(200 - number))));
        let mut figures = Figures::default();
        assert_eq!(told(&mut figures, &gauges).unwrap().len(), 100);
        assert_eq!(told(&mut figures, &gauges), None);
        let mut moved = slos((0..100).map(|number| f64::from(200 - number) + 0.5));
        moved[70].state = SloState::Stale;
        gauges.publish(moved);
        let names = told(&mut figures, &gauges).unwrap();
        assert_eq!(names.len(), 13, "the worst twelve, and the one that turned: {names:?}");
        assert!(names.contains(&"slo-000".to_owned()) && names.contains(&"slo-070".to_owned()));
        // Whoever looks at the board sees what moved before as well.
        figures.look_at(None, Some(&Line::clean(ALL)));
        assert_eq!(told(&mut figures, &gauges).unwrap().len(), 87);
        assert_eq!(told(&mut figures, &gauges), None);
    }

    #[test]
    fn that_there_is_none_is_told_too() {
        assert_eq!(told(&mut Figures::default(), &Gauges::default()), Some(Vec::new()));
    }
}
