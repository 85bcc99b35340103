//! How the counts of an SLO outlive the hub: their bytes, and the name under which they are believed again.

use super::counting::Selectors;
use crate::domain::alert::Fingerprint;
use crate::slo::Slo;
use crate::slo::meter::Meter;
use crate::slo::period::{Calendar, Period};
use crate::slo::slo::Numerator;

/// Of the way in which a meter is written. Another one is not understood.
const VERSION: u8 = 2;

/// Under which the counts of an SLO are kept: another one when anything is counted in another way.
pub(super) fn name(slo: &Slo, selectors: &Selectors) -> String {
    let part = match slo.indicator.numerator {
        Numerator::Good(_) => "good",
        Numerator::Bad(_) => "bad",
    };
    let period = match slo.window {
        Period::Rolling(length) => length.duration().as_secs().to_string(),
        Period::Calendar(Calendar { length, start, zone }) => format!("{length} from {start} {zone}"),
    };
    let method = format!("{:?}", slo.method);
    let counted = Fingerprint::of([
        ("method", method.as_str()),
        ("part", part),
        ("period", &period),
        ("query", selectors.part()),
        ("source", &slo.source.place()),
        ("total", selectors.total()),
    ]);
    format!("slo/{}/{counted}", slo.name)
}

pub(super) fn encode(meter: &Meter) -> Option<Vec<u8>> {
    match postcard::to_stdvec(&(VERSION, meter)) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            tracing::error!(%error, "the counts of an SLO cannot be written down");
            None
        }
    }
}

/// The meter in these bytes, if it is one for this SLO.
pub(super) fn decode(bytes: &[u8], slo: &Slo) -> Option<Meter> {
    let (version, rest) = postcard::take_from_bytes::<u8>(bytes).ok()?;
    let meter: Meter = postcard::from_bytes(rest).ok().filter(|_| version == VERSION)?;
    meter.fits(slo).then_some(meter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::time::Duration;

    use super::*;
    use crate::domain::text::Line;
    use crate::domain::time::Timestamp;
    use crate::slo::counters::{Samples, SeriesKey, Side, TargetKey};
    use crate::slo::promql::EventQuery;
    use crate::slo::{DataSource, Indicator, Method, Objective, Window};

    fn slo(window: &str, numerator: fn(EventQuery) -> Numerator, method: Method) -> Slo {
        let query = |raw| EventQuery::parse(raw).unwrap().0;
        Slo {
            name: Line::clean("checkout"),
            service: Line::clean("shop"),
            objective: Objective::new(0.99).unwrap(),
            window: window.parse::<Window>().unwrap().into(),
            method,
            indicator: Indicator { numerator: numerator(query("errors_total")), total: query("all_total") },
            source: DataSource::Default,
            policies: Vec::new(),
            canary: None,
        }
    }

    fn bad() -> Slo {
        slo("28d", Numerator::Bad, Method::Occurrences)
    }

    fn sliced() -> Slo {
        let slice = Duration::from_secs(60);
        slo("28d", Numerator::Bad, Method::Timeslices { slice, target: 0.9 })
    }

    fn meter(steps: &[(u32, u32)], slo: &Slo) -> Meter {
        let begin = 1_795_332_000_000;
        let from = Timestamp::from_millis(begin);
        let mut meter = Meter::of(slo, from, from);
        for (number, (total, part)) in (1..).zip(steps) {
            let at = Timestamp::from_millis(begin + number * 15_000);
            let samples = |key, side, value: u32| Samples {
                series: SeriesKey(key),
                target: Some(TargetKey(7)),
                side,
                values: vec![(at, f64::from(value))],
            };
            meter.take(&[samples(1, Side::Total, *total), samples(2, Side::Part, *part)]);
        }
        meter
    }

    proptest! {
        #[test]
        fn counts_come_back_as_they_were_kept(steps in prop::collection::vec((0..1_000_u32, 0..1_000_u32), 0..40)) {
            for slo in [bad(), sliced()] {
                let meter = meter(&steps, &slo);
                prop_assert!(decode(&encode(&meter).unwrap(), &slo) == Some(meter));
            }
        }

        #[test]
        fn bytes_that_are_none_are_no_counts(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            prop_assert_eq!(decode(&bytes, &bad()), None);
        }

        #[test]
        fn bytes_that_were_cut_are_no_counts(share in 0.0..1.0) {
            let bytes = encode(&meter(&[(1, 0), (5, 2)], &bad())).unwrap();
            let length = (bytes.len() as f64 * share) as usize;
            prop_assert_eq!(decode(&bytes[..length], &bad()), None);
        }
    }

    #[test]
    fn another_password_leaves_the_counts_and_another_server_does_not() {
        let at = |url: &str| {
            let slo = Slo { source: DataSource::At(url.parse().unwrap()), ..bad() };
            name(&slo, &Selectors::of(&slo).unwrap())
        };
        assert_eq!(at("https://ana:one@metrics.example/p"), at("https://bo:two@metrics.example/p"));
        assert_eq!(at("https://ana:one@metrics.example/p"), at("https://metrics.example/p"));
        assert_ne!(at("https://metrics.example/p"), at("https://metrics.example/q"));
    }

    #[test]
    fn counts_of_another_period_or_another_kind_are_not_believed() {
        let bytes = encode(&meter(&[(1, 0), (5, 2)], &bad())).unwrap();
        for other in [
            slo("28d", Numerator::Good, Method::Occurrences),
            slo("1w", Numerator::Bad, Method::Occurrences),
            sliced(),
        ] {
            assert_eq!(decode(&bytes, &other), None);
        }
        assert!(bytes.len() < 64_000, "{}", bytes.len());
    }
}
