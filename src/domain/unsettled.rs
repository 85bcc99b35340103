//! What speaks against calling an incident over: the screen asks once more because of it, and commands warn of it.

use super::gauge::{SloGauge, SloState};
use super::incident::Incident;

/// `6 alerts still fire; checkout-availability burns 72×`; nothing when nothing is known to be wrong. Only figures that
/// are fresh count.
pub fn unsettled<'a>(incident: &Incident, gauges: impl IntoIterator<Item = &'a SloGauge>) -> Option<String> {
    const NAMED: usize = 3;
    let mut said = match incident.alerts.firing {
        0 => Vec::new(),
        1 => vec!["1 alert still fires".to_owned()],
        firing => vec![format!("{firing} alerts still fire")],
    };
    let mut burning: Vec<(&SloGauge, f64)> = gauges
        .into_iter()
        .filter(|gauge| incident.services.contains(&gauge.service))
        .filter_map(|gauge| Some((gauge, burns(gauge)?)))
        .collect();
    burning.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    said.extend(burning.iter().take(NAMED).map(|(gauge, burn)| match burn {
        10.0.. => format!("{} burns {burn:.0}×", gauge.name),
        _ => format!("{} burns {burn:.1}×", gauge.name),
    }));
    match burning.len().saturating_sub(NAMED) {
        0 => {}
        1 => said.push("1 more SLO burns".to_owned()),
        more => said.push(format!("{more} more SLOs burn")),
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// How fast the budget is spent now, if it would not last. The hour must agree with the last minutes: a short peak does
/// not burn, and what ended minutes ago burns no more.
fn burns(gauge: &SloGauge) -> Option<f64> {
    let (minutes, hour) = gauge.burn_5m.zip(gauge.burn_1h)?;
    let lasting = minutes.is_finite() && minutes >= 1.0 && hour >= 1.0;
    (gauge.state == SloState::Ok && lasting).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::super::text::Line;
    use super::*;

    fn gauge(name: &str, service: &str, burn_5m: f64, burn_1h: f64) -> SloGauge {
        SloGauge { burn_5m: Some(burn_5m), burn_1h: Some(burn_1h), ..SloGauge::calm(name, service) }
    }

    #[test]
    fn alerts_that_fire_and_budgets_of_its_services_that_burn_are_named() {
        let mut incident = Stage::with_incident().incident(1).clone();
        incident.services = [Line::clean("checkout")].into();
        assert_eq!(unsettled(&incident, []), None);
        incident.alerts.firing = 6;
        let mut stale = gauge("checkout-latency", "checkout", 9.0, 9.0);
        stale.state = SloState::Stale;
        let gauges = [
            gauge("checkout-availability", "checkout", 72.4, 30.0),
            gauge("checkout-peak", "checkout", 5.0, 0.4),
            gauge("checkout-over", "checkout", 0.2, 14.0),
            gauge("search-availability", "search", 50.0, 50.0),
            stale,
        ];
        let said = unsettled(&incident, &gauges).unwrap();
        assert_eq!(said, "6 alerts still fire; checkout-availability burns 72×");
        incident.alerts.firing = 1;
        assert_eq!(unsettled(&incident, []).unwrap(), "1 alert still fires");
    }
}
