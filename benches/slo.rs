//! The SLO engine: from the bytes that Prometheus sends to events that are counted, and from there to what calls somebody.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

use std::fmt::Write as _;
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use warroom::domain::time::Timestamp;
use warroom::hub::prometheus::Series;
use warroom::slo::alerting::{Alarms, Sight};
use warroom::slo::counters::{Samples, SeriesKey, Side};
use warroom::slo::meter::Meter;
use warroom::slo::openslo::{self, SourceFile};
use warroom::slo::{Slo, onset};

fn main() {
    divan::main();
}

/// Milliseconds of a moment.
const NOW: i64 = 1_795_332_000_000;

/// The answer to `metric[30m]` of so many series that are scraped every 15 s.
fn answer(series: usize) -> String {
    let mut body = String::from(r#"{"status":"success","data":{"resultType":"matrix","result":["#);
    for number in 0..series {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{comma}{{"metric":{{"__name__":"http_requests_total","instance":"10.0.3.{number}:8080","job":"checkout","code":"200"}},"values":["#
        );
        for sample in 0..120_i64 {
            let comma = if sample == 0 { "" } else { "," };
            let at = (NOW - (119 - sample) * 15_000) as f64 / 1_000.0;
            let _ = write!(body, r#"{comma}[{at},"{}"]"#, 1_000_000 + sample * 137 + number as i64);
        }
        body.push_str("]}");
    }
    body.push_str("]}}");
    body
}

fn slo() -> Slo {
    let text = include_bytes!("../slos/checkout.yaml");
    let reading = openslo::read(&[SourceFile { name: "checkout.yaml", bytes: text }]);
    reading.slos.into_iter().next().expect("the sample is an SLO")
}

fn meter(slo: &Slo) -> Meter {
    Meter::new(&slo.indicator.numerator, Timestamp::from_millis(NOW - 3_600_000), slo.window.duration())
}

/// A month of an SLO with some errors, in steps of a minute.
fn month(slo: &Slo) -> Meter {
    let from = NOW - 28 * 86_400_000;
    let mut meter = Meter::new(&slo.indicator.numerator, Timestamp::from_millis(from), slo.window.duration());
    let series = |key: u64, side, rate: f64| {
        let values = (0..28 * 1_440)
            .map(|minute| (Timestamp::from_millis(from + minute * 60_000), (minute as f64 * rate).floor()));
        Samples { series: SeriesKey(key), target: None, side, values: values.collect() }
    };
    meter.take(&[series(1, Side::Total, 600.0), series(2, Side::Part, 0.4)]);
    meter
}

/// From the bytes of the answer to counted events.
#[divan::bench(args = [20, 200])]
fn decode_and_count(bencher: Bencher<'_, '_>, series: usize) {
    let (slo, body) = (slo(), answer(series));
    let samples = series * 120;
    bencher
        .counter(ItemsCount::new(samples))
        .counter(BytesCount::new(body.len()))
        .with_inputs(|| meter(&slo))
        .bench_values(|mut meter| {
            let series = Series::parse(body.as_bytes()).expect("an answer");
            meter.take(&series.into_iter().map(|series| series.samples(Side::Total)).collect::<Vec<_>>());
            meter
        });
}

/// The same when all but the newest sample of each series was seen before: a poll.
#[divan::bench(args = [20])]
fn decode_and_count_what_is_known(bencher: Bencher<'_, '_>, series: usize) {
    let (slo, body) = (slo(), answer(series));
    let mut meter = meter(&slo);
    bencher.counter(ItemsCount::new(series * 120)).bench_local(|| {
        let series = Series::parse(body.as_bytes()).expect("an answer");
        meter.take(&series.into_iter().map(|series| series.samples(Side::Total)).collect::<Vec<_>>())
    });
}

/// All windows of the four pairs and the period, and whether they call somebody; of so many SLOs.
#[divan::bench(args = [1, 10_000], sample_count = 20)]
fn evaluate(bencher: Bencher<'_, '_>, slos: usize) {
    let slo = slo();
    let meters = vec![month(&slo); slos.min(500)];
    let mut alarms = vec![Alarms::new(&slo, |_| false); slos];
    bencher.counter(ItemsCount::new(slos)).bench_local(|| {
        for (place, alarms) in alarms.iter_mut().enumerate() {
            let meter = &meters[place % meters.len()];
            let sight = Sight {
                now: Timestamp::from_millis(NOW),
                is_current: true,
                reading: &|window: Duration| meter.reading(window),
                period: Some(meter.reading(slo.window.duration())),
            };
            divan::black_box(alarms.look(&slo, &sight));
        }
    });
}

/// Where trouble began.
#[divan::bench]
fn find_the_onset(bencher: Bencher<'_, '_>) {
    let slo = slo();
    let meter = month(&slo);
    bencher.bench(|| onset::onset(&meter, slo.objective, Duration::from_secs(60)));
}
