//! Against a Prometheus that scrapes a service every 15 s, on a paused clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::{Polling, run};
use super::*;
use crate::hub::prometheus::Answer;
use crate::slo::promql::EventQuery;
use crate::slo::{DataSource, Indicator, Objective, Window};

const START: Timestamp = Timestamp::from_millis(1_795_332_285_000);
const SCRAPE: i64 = 15_000;
const DAY: u64 = 86_400;

/// Ten requests a second, of which one in a hundred fails; every second one in the last half hour before the start.
fn errors(from: i64, to: i64) -> f64 {
    let trouble = (START.as_millis() - 1_800_000, START.as_millis());
    let seconds = |from: i64, to: i64| (to - from).max(0) as f64 / 1_000.0;
    let troubled = seconds(from.max(trouble.0), to.min(trouble.1));
    0.1 * (seconds(from, to) - troubled) + 5.0 * troubled
}

#[derive(Clone)]
struct Scraper {
    began: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// No answer at all.
    is_away: bool,
    /// It answers, and has not reached the service since.
    scraped_until: Option<i64>,
    knows_nothing: bool,
    /// Range queries to come that fail.
    failing_ranges: usize,
    /// The spans that were read in steps, in days since the start.
    spans: Vec<(f64, f64)>,
}

impl Scraper {
    fn new() -> Self {
        Scraper { began: Instant::now(), state: Arc::default() }
    }

    fn now(&self) -> i64 {
        START.plus(self.began.elapsed()).as_millis()
    }

    fn set(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.state.lock().unwrap());
    }

    fn series(&self, selector: &str, times: impl Iterator<Item = i64>) -> Vec<Series> {
        let state = self.state.lock().unwrap();
        if state.knows_nothing {
            return Vec::new();
        }
        let beginning = START.minus(Duration::from_secs(60 * DAY)).as_millis();
        let until = state.scraped_until.unwrap_or(i64::MAX);
        let count = |at: i64| {
            let all = (at - beginning) as f64 / 100.0;
            if selector.contains("errors") { errors(beginning, at) } else { all }
        };
        let values = times.filter(|at| *at <= until).map(|at| (Timestamp::from_millis(at), count(at)));
        let labels = BTreeMap::from([("instance".to_owned(), "shop:80".to_owned())]);
        vec![Series { labels, values: values.collect() }]
    }

    fn answers(&self) -> Result<(), PrometheusError> {
        if self.state.lock().unwrap().is_away {
            return Err(PrometheusError::Unreachable(Line::clean("connection refused")));
        }
        Ok(())
    }
}

impl AskPrometheus for Scraper {
    async fn ask(&self, _: &DataSource, _: &str, _: Duration) -> Result<Answer, PrometheusError> {
        unreachable!("counters are read sample by sample")
    }

    async fn samples(
        &self,
        _: &DataSource,
        selector: &str,
        _: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        self.answers()?;
        let (_, range) = selector.split_once('[').unwrap();
        let range: i64 = range.trim_end_matches("s]").parse().unwrap();
        let now = self.now();
        let first = (now - range * 1_000).div_euclid(SCRAPE) + 1;
        Ok(self.series(selector, (first..=now.div_euclid(SCRAPE)).map(|scrape| scrape * SCRAPE)))
    }

    async fn range(
        &self,
        _: &DataSource,
        selector: &str,
        (from, to): (Timestamp, Timestamp),
        step: Duration,
        _: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        self.answers()?;
        let days = |time: Timestamp| (time.as_millis() - START.as_millis()) as f64 / 86_400_000.0;
        self.set(|state| state.spans.push((days(from), days(to))));
        if self.state.lock().unwrap().failing_ranges > 0 {
            self.set(|state| state.failing_ranges -= 1);
            return Err(PrometheusError::Deadline(Duration::from_secs(30)));
        }
        let step = usize::try_from(step.as_millis()).unwrap();
        Ok(self.series(selector, (from.as_millis()..=to.as_millis()).step_by(step)))
    }
}

struct Running {
    gauges: watch::Receiver<Vec<SloGauge>>,
    _stop: tokio_util::sync::DropGuard,
}

fn start(scraper: &Scraper) -> Running {
    let query = |name: &str| EventQuery::parse(name).unwrap().0;
    let slo = Slo {
        name: Line::clean("checkout"),
        service: Line::clean("shop"),
        objective: Objective::new(0.98).unwrap(),
        window: "28d".parse::<Window>().unwrap(),
        indicator: Indicator {
            numerator: Numerator::Bad(query("errors_total")),
            total: query("requests_total"),
        },
        source: DataSource::Default,
    };
    let (sender, gauges) = watch::channel(Vec::new());
    let stop = CancellationToken::new();
    let clock = {
        let scraper = scraper.clone();
        move || Timestamp::from_millis(scraper.now())
    };
    let running = run(vec![slo], scraper.clone(), Polling::default(), clock, 7, sender, stop.clone());
    tokio::spawn(running);
    Running { gauges, _stop: stop.drop_guard() }
}

impl Running {
    async fn after(&self, seconds: u64) -> SloGauge {
        sleep(Duration::from_secs(seconds)).await;
        self.gauges.borrow().first().cloned().unwrap()
    }
}

/// But for what happened within the milliseconds that a start takes.
fn near(value: Option<f64>, expected: f64) {
    let value = value.unwrap_or(f64::NAN);
    assert!((value - expected).abs() < 1e-4 * expected.abs().max(1.0), "{value}, not {expected}");
}

/// 28 days of one in a hundred, and half an hour of every second, beside 28 days of two in a hundred.
fn budget_left() -> f64 {
    let (month, trouble) = (28.0 * 86_400.0, 1_800.0);
    1.0 - (0.1 * (month - trouble) + 5.0 * trouble) / (10.0 * month * 0.02)
}

#[tokio::test(start_paused = true)]
async fn figures_are_exact_at_the_first_answer_and_the_budget_once_the_past_is_read() {
    let scraper = Scraper::new();
    let running = start(&scraper);
    let gauge = running.after(1).await;
    assert_eq!((gauge.state, gauge.detail.as_str()), (SloState::Ok, ""));
    near(gauge.burn_5m, 25.0);
    near(gauge.burn_1h, (0.5 * 0.01 + 0.5 * 0.5) / 0.02);
    near(gauge.budget_left, budget_left());
    assert!(gauge.as_of.unwrap().since(START) < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_past_is_read_day_by_day_goes_on_where_it_failed_and_says_how_far_it_is() {
    let scraper = Scraper::new();
    let running = start(&scraper);
    scraper.set(|state| state.failing_ranges = 1);
    let gauge = running.after(1).await;
    assert_eq!((gauge.state, gauge.budget_left), (SloState::Ok, None));
    assert!(
        gauge.detail.contains("the budget over 28d is not known: Prometheus gave no answer"),
        "{gauge:?}"
    );
    near(gauge.burn_5m, 25.0);
    let gauge = running.after(70).await;
    near(gauge.budget_left, budget_left());
    let spans = scraper.state.lock().unwrap().spans.clone();
    assert_eq!(spans.len(), 2 * 28 + 1, "{spans:?}");
}

#[tokio::test(start_paused = true)]
async fn an_absence_of_the_server_turns_figures_old_and_is_made_good_for_afterwards() {
    let (whole, absent) = (Scraper::new(), Scraper::new());
    let (undisturbed, running) = (start(&whole), start(&absent));
    let before = running.after(60).await;
    absent.set(|state| state.is_away = true);
    let gauge = running.after(5 * 3_600).await;
    assert_eq!(gauge.state, SloState::Failing);
    assert!(gauge.detail.contains("connection refused"), "{gauge:?}");
    assert_eq!(gauge.burn_1h, before.burn_1h);
    assert!(gauge.as_of <= before.as_of.map(|at| at.plus(Duration::from_secs(15))));
    absent.set(|state| state.is_away = false);
    let gauge = running.after(60).await;
    let expected = undisturbed.after(0).await;
    assert_eq!(gauge.state, SloState::Ok);
    for (healed, exact) in [
        (gauge.burn_5m, expected.burn_5m),
        (gauge.burn_1h, expected.burn_1h),
        (gauge.burn_6h, expected.burn_6h),
        (gauge.budget_left, expected.budget_left),
    ] {
        near(healed, exact.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_scraped_any_more_is_stale_with_its_age_and_its_last_figures() {
    let scraper = Scraper::new();
    let running = start(&scraper);
    let before = running.after(60).await;
    let until = scraper.now();
    scraper.set(|state| state.scraped_until = Some(until));
    let gauge = running.after(600).await;
    assert_eq!(gauge.state, SloState::Stale);
    assert!(gauge.detail.starts_with("no samples came in for "), "{gauge:?}");
    assert!(gauge.burn_5m.is_some() && gauge.as_of.unwrap() >= before.as_of.unwrap());
    assert!(gauge.as_of.unwrap() <= Timestamp::from_millis(until));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_matches_nothing_is_no_data_and_not_a_good_day() {
    let scraper = Scraper::new();
    scraper.set(|state| state.knows_nothing = true);
    let gauge = start(&scraper).after(120).await;
    assert_eq!((gauge.state, gauge.burn_5m, gauge.budget_left), (SloState::NoData, None, None));
    assert!(gauge.detail.contains("matches no series"), "{gauge:?}");
}
