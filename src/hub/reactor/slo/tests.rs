//! The poller against servers that answer, fail and hang, on a paused clock.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::domain::gauge::SloState;
use crate::domain::text::Line;
use crate::hub::prometheus::{Sample, Series};
use crate::slo::promql::EventQuery;
use crate::slo::slo::Numerator;
use crate::slo::{Indicator, Method, Objective, Window};

const SEED: u64 = 7;
const START: Timestamp = Timestamp::from_millis(1_795_332_280_000);

/// What the server does with the queries of one SLO, told by the name of its metric.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    Answers,
    Fails,
    Hangs,
    /// Answers the short windows, and hangs over whole periods.
    HangsOverPeriods,
}

#[derive(Clone, Default)]
struct Fake {
    asked: Arc<Mutex<Vec<(Duration, String)>>>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    manners: Arc<Mutex<HashMap<String, Manner>>>,
    started: Option<Instant>,
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fake {
    fn new() -> Self {
        Fake { started: Some(Instant::now()), ..Fake::default() }
    }

    fn manner(&self, metric: &str, manner: Manner) {
        self.manners.lock().unwrap().insert(metric.to_owned(), manner);
    }

    /// When queries that hold `part` were asked, since the start.
    fn times(&self, part: &str) -> Vec<Duration> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(_, query)| query.contains(part)).map(|(at, _)| *at).collect()
    }
}

impl AskPrometheus for Fake {
    async fn ask(&self, _: &DataSource, promql: &str, _: Duration) -> Result<Answer, PrometheusError> {
        let at = self.started.map(|started| started.elapsed()).unwrap_or_default();
        self.asked.lock().unwrap().push((at, promql.to_owned()));
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        let _leave = Leave(self.under_way.clone());
        let manner = {
            let manners = self.manners.lock().unwrap();
            let named = manners.iter().find(|(metric, _)| promql.contains(metric.as_str()));
            named.map_or(Manner::Answers, |(_, manner)| *manner)
        };
        sleep(Duration::from_millis(100)).await;
        let hangs = match manner {
            Manner::Answers | Manner::Fails => false,
            Manner::Hangs => true,
            Manner::HangsOverPeriods => promql.contains("[28d]"),
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        if manner == Manner::Fails {
            return Err(PrometheusError::Unreachable(Line::clean("connection refused")));
        }
        let samples =
            ["5m", "1h", "6h", "28d"].into_iter().filter(|window| promql.contains(&format!("[{window}]")));
        let samples = samples.flat_map(|window| {
            [(promql::part_label(window), 1.0), (promql::total_label(window), 100.0)].map(|(label, value)| {
                Sample { labels: [(promql::LABEL.to_owned(), label)].into(), at: START.plus(at), value }
            })
        });
        Ok(Answer { samples: samples.collect(), warnings: Vec::new() })
    }

    async fn samples(&self, _: &DataSource, _: &str, _: Duration) -> Result<Vec<Series>, PrometheusError> {
        unreachable!("these are no counters")
    }

    async fn range(
        &self,
        _: &DataSource,
        _: &str,
        _: (Timestamp, Timestamp),
        _: Duration,
        _: Duration,
    ) -> Result<Vec<Series>, PrometheusError> {
        unreachable!("these are no counters")
    }
}

fn slo(name: &str) -> Slo {
    let query = |kind: &str| EventQuery::parse(&format!("increase({name}_{kind}[$window])")).unwrap().0;
    Slo {
        name: Line::clean(name),
        service: Line::clean("shop"),
        objective: Objective::new(0.99).unwrap(),
        window: "28d".parse::<Window>().unwrap().into(),
        method: Method::Occurrences,
        indicator: Indicator { numerator: Numerator::Bad(query("bad")), total: query("all") },
        source: DataSource::Default,
        policies: Vec::new(),
        canary: None,
    }
}

struct Running {
    gauges: watch::Receiver<Vec<SloGauge>>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn start(fake: &Fake, names: &[&str], polling: Polling) -> Running {
    let (sender, gauges) = watch::channel(Vec::new());
    let stop = CancellationToken::new();
    let started = Instant::now();
    let clock = move || START.plus(started.elapsed());
    let slos = names.iter().map(|name| slo(name)).collect();
    let task = tokio::spawn(run(slos, fake.clone(), polling, clock, SEED, sender, stop.clone()));
    Running { gauges, stop, task }
}

impl Running {
    fn states(&self) -> Vec<SloState> {
        self.gauges.borrow().iter().map(|gauge| gauge.state).collect()
    }
}

/// Lets the paused time run, with everything that is due in it.
async fn pass(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_gauge_is_there_from_the_first_moment_and_has_figures_soon() {
    let fake = Fake::new();
    let mut running = start(&fake, &["a", "b"], Polling::default());
    running.gauges.wait_for(|gauges| gauges.len() == 2).await.unwrap();
    assert_eq!(running.states(), [SloState::Stale, SloState::Stale]);
    pass(1).await;
    let gauges = running.gauges.borrow().clone();
    for (gauge, name) in gauges.iter().zip(["a", "b"]) {
        assert_eq!((gauge.name.as_str(), gauge.state), (name, SloState::Ok));
        assert!(
            gauge.burn_5m.is_some() && gauge.burn_6h.is_some() && gauge.budget_left.is_some(),
            "{gauge:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn short_windows_are_asked_at_every_poll_and_the_period_rarely() {
    let fake = Fake::new();
    let _running = start(&fake, &["a"], Polling::default());
    pass(10 * 60).await;
    let short = fake.times("[5m]");
    assert!((36..=45).contains(&short.len()), "{}", short.len());
    for pair in short.windows(2) {
        let [one, two] = pair else { continue };
        let pause = (*two - *one).as_secs_f64();
        assert!((13.4..=16.6).contains(&pause), "{pause}");
    }
    assert!((2..=3).contains(&fake.times("[28d]").len()), "{:?}", fake.times("[28d]"));
    assert!(fake.times("[28d]").iter().all(|at| !short.is_empty() && *at < Duration::from_secs(601)));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_and_one_that_hangs_delay_nobody() {
    let alone = Fake::new();
    let running = start(&alone, &["a", "b", "c"], Polling::default());
    pass(300).await;
    running.stop.cancel();
    running.task.await.unwrap();
    let calm = alone.times("a_all").len();

    let fake = Fake::new();
    fake.manner("b_all", Manner::Fails);
    fake.manner("c_all", Manner::Hangs);
    let running = start(&fake, &["a", "b", "c"], Polling::default());
    pass(300).await;
    assert_eq!(fake.times("a_all").len(), calm);
    assert_eq!(running.states(), [SloState::Ok, SloState::Failing, SloState::Failing]);
    let gauges = running.gauges.borrow().clone();
    assert!(gauges.get(1).is_some_and(|gauge| gauge.detail.contains("connection refused")));
    assert!(gauges.get(2).is_some_and(|gauge| gauge.detail.contains("no answer within 10s")));
    assert!(gauges.iter().skip(1).all(|gauge| gauge.burn_5m.is_none() && gauge.as_of.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_period_that_hangs_does_not_hold_up_the_short_windows() {
    let fake = Fake::new();
    fake.manner("a_all", Manner::HangsOverPeriods);
    let running = start(&fake, &["a"], Polling::default());
    pass(300).await;
    assert!(fake.times("[5m]").len() >= 18, "{}", fake.times("[5m]").len());
    let gauges = running.gauges.borrow().clone();
    let [gauge] = gauges.as_slice() else { panic!("one gauge") };
    assert_eq!((gauge.state, gauge.budget_left), (SloState::Ok, None));
    assert!(gauge.detail.contains("budget over 28d is not known"), "{}", gauge.detail);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_value_stays_with_its_age_while_the_server_is_away() {
    let fake = Fake::new();
    let running = start(&fake, &["a"], Polling::default());
    pass(5).await;
    let good = running.gauges.borrow().first().cloned().unwrap();
    fake.manner("a_all", Manner::Fails);
    pass(120).await;
    let gauge = running.gauges.borrow().first().cloned().unwrap();
    assert_eq!(gauge.state, SloState::Failing);
    assert_eq!((gauge.burn_5m, gauge.as_of), (good.burn_5m, good.as_of));
    fake.manner("a_all", Manner::Answers);
    pass(20).await;
    let gauge = running.gauges.borrow().first().cloned().unwrap();
    assert_eq!(gauge.state, SloState::Ok);
    assert!(gauge.as_of > good.as_of);
}

#[tokio::test(start_paused = true)]
async fn no_more_queries_are_under_way_than_allowed() {
    let fake = Fake::new();
    let names: Vec<String> = (0..200).map(|n| format!("s{n}x")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let running = start(&fake, &names, Polling { concurrency: 4, ..Polling::default() });
    pass(60).await;
    // Four for the short windows, and one for whole periods.
    assert_eq!(fake.most.load(Ordering::SeqCst), 5);
    assert!(running.states().iter().all(|state| *state == SloState::Ok));
}

#[tokio::test(start_paused = true)]
async fn it_stops_at_once_when_told_to_whatever_hangs() {
    let fake = Fake::new();
    fake.manner("a_all", Manner::Hangs);
    let running = start(&fake, &["a", "b"], Polling::default());
    pass(2).await;
    let before = Instant::now();
    running.stop.cancel();
    running.task.await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn without_slos_it_waits_to_be_stopped() {
    let running = start(&Fake::new(), &[], Polling::default());
    pass(60).await;
    assert!(!running.task.is_finished());
    assert!(running.gauges.borrow().is_empty());
    running.stop.cancel();
    running.task.await.unwrap();
}
