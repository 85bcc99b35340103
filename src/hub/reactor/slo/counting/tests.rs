//! Against a Prometheus that scrapes a service every 15 s, on a paused clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::{Polling, run};
use super::*;
use crate::hub::prometheus::Answer;
use crate::slo::period::Calendar;
use crate::slo::promql::EventQuery;
use crate::slo::{DataSource, Indicator, Method, Objective, Period, Window};

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
    stop: tokio_util::sync::DropGuard,
    task: tokio::task::JoinHandle<()>,
}

/// A hub's clock, and what is kept from one of its starts to the next.
#[derive(Clone)]
struct Around {
    scraper: Scraper,
    shelf: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Around {
    fn new(scraper: &Scraper) -> Self {
        Around { scraper: scraper.clone(), shelf: Arc::default() }
    }
}

impl Surroundings for Around {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.scraper.now())
    }

    async fn kept(&self, name: String) -> Option<Vec<u8>> {
        self.shelf.lock().unwrap().get(&name).cloned()
    }

    async fn keep(&self, name: String, bytes: Vec<u8>) {
        self.shelf.lock().unwrap().insert(name, bytes);
    }
}

fn start(scraper: &Scraper) -> Running {
    start_in(&Around::new(scraper))
}

fn start_in(around: &Around) -> Running {
    start_with(around, "28d".parse::<Window>().unwrap().into(), Method::Occurrences)
}

fn start_with(around: &Around, window: Period, method: Method) -> Running {
    let query = |name: &str| EventQuery::parse(name).unwrap().0;
    let slo = Slo {
        name: Line::clean("checkout"),
        service: Line::clean("shop"),
        objective: Objective::new(0.98).unwrap(),
        window,
        method,
        indicator: Indicator {
            numerator: Numerator::Bad(query("errors_total")),
            total: query("requests_total"),
        },
        source: DataSource::Default,
        policies: Vec::new(),
        canary: None,
    };
    let (sender, gauges) = watch::channel(Vec::new());
    let stop = CancellationToken::new();
    let scraper = around.scraper.clone();
    let running = run(vec![slo], scraper, Polling::default(), around.clone(), 7, sender, stop.clone());
    let task = tokio::spawn(running);
    Running { gauges, stop: stop.drop_guard(), task }
}

impl Running {
    async fn end(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }

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
    all_near(&gauge, &expected);
}

fn all_near(gauge: &SloGauge, expected: &SloGauge) {
    assert_eq!(gauge.state, SloState::Ok, "{gauge:?}");
    for (value, exact) in [
        (gauge.burn_5m, expected.burn_5m),
        (gauge.burn_1h, expected.burn_1h),
        (gauge.burn_6h, expected.burn_6h),
        (gauge.budget_left, expected.budget_left),
    ] {
        near(value, exact.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_was_away_has_the_same_figures_as_one_that_was_not() {
    for away in [5, 600, 2 * 3_600] {
        let (whole, scraper) = (Scraper::new(), Scraper::new());
        let around = Around::new(&scraper);
        let (undisturbed, running) = (start(&whole), start_in(&around));
        running.after(1_000).await;
        running.end().await;
        sleep(Duration::from_secs(away)).await;
        scraper.set(|state| state.spans.clear());
        let again = start_in(&around);
        let (gauge, expected) = (again.after(60).await, undisturbed.after(0).await);
        all_near(&gauge, &expected);
        let read = scraper.state.lock().unwrap().spans.len();
        assert!(read <= 2, "away for {away} s, and {read} spans of the past were read anew");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_was_killed_goes_on_from_what_was_last_kept() {
    let (whole, scraper) = (Scraper::new(), Scraper::new());
    let around = Around::new(&scraper);
    let (undisturbed, running) = (start(&whole), start_in(&around));
    running.after(1_700).await;
    // It never comes to its end.
    running.task.abort();
    let again = start_in(&around);
    all_near(&again.after(60).await, &undisturbed.after(0).await);
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_and_is_damaged_is_read_anew() {
    let (whole, scraper) = (Scraper::new(), Scraper::new());
    let around = Around::new(&scraper);
    let (undisturbed, running) = (start(&whole), start_in(&around));
    running.after(60).await;
    running.end().await;
    around.shelf.lock().unwrap().values_mut().for_each(|bytes| bytes.truncate(1_000));
    let again = start_in(&around);
    all_near(&again.after(60).await, &undisturbed.after(0).await);
    assert!(scraper.state.lock().unwrap().spans.len() > 56, "the whole period");
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

/// Of the calendar, begun so many seconds before the start, and 30 days long or so.
fn begun(seconds: u64) -> Period {
    let start = START.minus(Duration::from_secs(seconds)).to_utc().naive_utc();
    Period::Calendar(Calendar { length: "1M".parse().unwrap(), start, zone: chrono_tz::UTC })
}

#[tokio::test(start_paused = true)]
async fn a_period_of_the_calendar_is_read_from_its_beginning_and_begins_anew() {
    let scraper = Scraper::new();
    // Two hours ago, of which the last half hour was bad.
    let running = start_with(&Around::new(&scraper), begun(7_200), Method::Occurrences);
    let gauge = running.after(20).await;
    assert_eq!((gauge.window.as_str(), gauge.detail.as_str()), ("calendar 1M", ""));
    let bad = 0.1 * 5_400.0 + 5.0 * 1_800.0;
    let left = gauge.budget_left.unwrap();
    let expected = 1.0 - bad / (10.0 * 7_200.0 * 0.02);
    assert!((left - expected).abs() < 0.01 * expected.abs(), "{left}, not {expected}");
    assert_eq!(gauge.exhaustion, Some(0));
    assert!(gauge.coverage.is_some_and(|coverage| coverage < 0.01), "{:?}", gauge.coverage);

    // It ends in a minute, with a budget that was overspent by then; the next begins with all of it.
    let month = begun(0).whole(START.minus(Duration::from_secs(28 * DAY))).as_secs();
    let scraper = Scraper::new();
    let running = start_with(&Around::new(&scraper), begun(month - 60), Method::Occurrences);
    let before = running.after(30).await;
    let expected = budget_left();
    assert!(
        (before.budget_left.unwrap() - expected).abs() < 0.05,
        "{:?}, not {expected}",
        before.budget_left
    );
    let after = running.after(120).await;
    assert!((after.budget_left.unwrap() - 0.5).abs() < 0.01, "{:?}", after.budget_left);
}

#[tokio::test(start_paused = true)]
async fn slices_are_judged_whichever_counters_they_are_made_of() {
    let scraper = Scraper::new();
    let slice = Duration::from_secs(60);
    let month = "28d".parse::<Window>().unwrap().into();
    let running = start_with(&Around::new(&scraper), month, Method::Timeslices { slice, target: 0.9 });
    let gauge = running.after(20).await;
    assert_eq!((gauge.state, gauge.detail.as_str()), (SloState::Ok, ""));
    // Of the last hour half of the slices are bad, but for the one or two that are not judged yet.
    let burn = gauge.burn_1h.unwrap();
    assert!((burn - 0.5 / 0.02).abs() < 0.06 / 0.02, "{burn}");
    near(gauge.burn_5m, 50.0);
    let left = gauge.budget_left.unwrap();
    let expected = 1.0 - 29.0 / (28.0 * 1_440.0 * 0.02);
    assert!((left - expected).abs() < 0.003, "{left}, not {expected}");
}
