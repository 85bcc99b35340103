use super::*;
use crate::slo::burn::{self, Count};
use crate::slo::policy::Preset;
use crate::slo::promql::EventQuery;
use crate::slo::slo::Numerator;
use crate::slo::{DataSource, Indicator, Method, Objective, Window};

const NOW: Timestamp = Timestamp::from_millis(1_795_332_280_000);
const HOUR: Duration = Duration::from_secs(3_600);

/// 99.9 % over 28 days, called for by the pair of an hour and five minutes alone.
fn slo() -> Slo {
    let window = "28d".parse::<Window>().unwrap();
    let query = |raw| EventQuery::parse(raw).unwrap().0;
    let mut policy = Preset::Page.policy(window.duration()).unwrap();
    policy.pairs.truncate(1);
    Slo {
        name: Line::clean("checkout"),
        service: Line::clean("shop"),
        objective: Objective::new(0.999).unwrap(),
        window: window.into(),
        method: Method::Occurrences,
        indicator: Indicator { numerator: Numerator::Bad(query("bad")), total: query("total") },
        source: DataSource::Default,
        policies: vec![policy],
        canary: None,
    }
}

/// A reading of so many bad events among so many.
fn reading(bad: f64, total: f64) -> Reading {
    Reading { measure: burn::measure(Count::Bad(Some(bad)), Some(total)), coverage: 1.0 }
}

/// 36,000 requests an hour, of which these shares failed in the last hour and the last five minutes.
struct Shares(f64, f64);

impl Shares {
    fn look(&self, alarms: &mut Alarms, slo: &Slo, now: Timestamp) -> PairGauge {
        self.look_if(alarms, slo, now, true, 1.0)
    }

    fn look_if(
        &self,
        alarms: &mut Alarms,
        slo: &Slo,
        now: Timestamp,
        is_current: bool,
        coverage: f64,
    ) -> PairGauge {
        let reading = |window: Duration| {
            let events = 36_000.0 * window.as_secs_f64() / 3_600.0;
            let share = if window == HOUR { self.0 } else { self.1 };
            Reading { coverage, ..reading((share * events).round(), events) }
        };
        let period = Some(reading_of_period());
        alarms.look(slo, &Sight { now, is_current, reading: &reading, period }).remove(0)
    }
}

fn reading_of_period() -> Reading {
    reading(0.0, 36_000.0 * 24.0 * 28.0)
}

fn alarms(slo: &Slo) -> Alarms {
    Alarms::new(slo, |_| false)
}

#[test]
fn a_pair_fires_when_both_windows_burn_and_says_which_one_does() {
    let slo = slo();
    for (shares, state) in [
        (Shares(0.02, 0.02), PairState::Firing),
        (Shares(0.02, 0.01), PairState::Recovering),
        (Shares(0.01, 0.02), PairState::Rising),
        (Shares(0.01, 0.01), PairState::Quiet),
    ] {
        let pair = shares.look(&mut alarms(&slo), &slo, NOW);
        assert_eq!((pair.state, pair.held.as_str()), (state, ""));
        assert!((pair.burn_long.unwrap() - shares.0 / 0.001).abs() < 1e-6);
    }
}

#[test]
fn what_fires_goes_on_until_it_is_clearly_below_the_threshold() {
    let slo = slo();
    let mut alarms = alarms(&slo);
    let states: Vec<PairState> = [0.013, 0.014, 0.0130, 0.0125, 0.0120, 0.0130]
        .map(|share| Shares(share, share).look(&mut alarms, &slo, NOW).state)
        .to_vec();
    let [quiet, firing] = [PairState::Quiet, PairState::Firing];
    assert_eq!(states, [quiet, firing, firing, firing, quiet, quiet]);
}

#[test]
fn nobody_is_called_and_nobody_is_sent_home_by_what_nobody_knows() {
    let slo = slo();
    let unknown = |alarms: &mut Alarms, current, coverage| {
        Shares(0.0, 0.0).look_if(alarms, &slo, NOW, current, coverage).state
    };
    let mut quiet = alarms(&slo);
    assert_eq!(unknown(&mut quiet, false, 1.0), PairState::Unknown);
    assert_eq!(unknown(&mut quiet, true, 0.4), PairState::Unknown);
    let mut firing = alarms(&slo);
    assert_eq!(Shares(0.02, 0.02).look(&mut firing, &slo, NOW).state, PairState::Firing);
    assert_eq!(unknown(&mut firing, false, 1.0), PairState::Firing);
    assert_eq!(unknown(&mut firing, true, 0.4), PairState::Firing);
    assert_eq!(unknown(&mut firing, true, 1.0), PairState::Quiet);
    // A hub that restarts knows what fired from the room.
    let mut restarted = Alarms::new(&slo, |severity| severity.as_str() == "page");
    assert_eq!(unknown(&mut restarted, false, 1.0), PairState::Firing);
}

#[test]
fn one_error_of_a_quiet_night_calls_nobody_and_says_why() {
    let slo = slo();
    let night = |_: Duration| reading(1.0, 40.0);
    let sight = Sight { now: NOW, is_current: true, reading: &night, period: Some(reading_of_period()) };
    let pair = alarms(&slo).look(&slo, &sight).remove(0);
    assert_eq!(pair.state, PairState::Held);
    assert_eq!(pair.held.as_str(), "it spent 0.0 % of the 28d's budget; 1.0 % would call somebody");
    // With all of a small service's traffic in it, the share is large, and chance remains.
    let all = reading(1.0, 40.0);
    let sight = Sight { now: NOW, is_current: true, reading: &night, period: Some(all) };
    let pair = alarms(&slo).look(&slo, &sight).remove(0);
    assert_eq!(
        (pair.state, pair.held.as_str()),
        (PairState::Held, "1 of 40 events were bad, which could be chance")
    );
    // Whoever wants to hear of each error says so.
    let mut slo = slo;
    slo.policies[0].guards = Guards::OFF;
    assert_eq!(alarms(&slo).look(&slo, &sight).remove(0).state, PairState::Firing);
}

#[test]
fn it_has_to_burn_for_as_long_as_the_policy_says() {
    let mut slo = slo();
    slo.policies[0].pairs[0].alert_after = Duration::from_secs(120);
    let mut alarms = alarms(&slo);
    let burns = Shares(0.02, 0.02);
    let after = |seconds| NOW.plus(Duration::from_secs(seconds));
    let first = burns.look(&mut alarms, &slo, after(0));
    assert_eq!((first.state, first.held.as_str()), (PairState::Held, "burning for 0s of 120s"));
    assert_eq!(burns.look(&mut alarms, &slo, after(119)).state, PairState::Held);
    assert_eq!(burns.look(&mut alarms, &slo, after(120)).state, PairState::Firing);
    // A pause begins it anew.
    assert_eq!(Shares(0.0, 0.0).look(&mut alarms, &slo, after(130)).state, PairState::Quiet);
    assert_eq!(burns.look(&mut alarms, &slo, after(140)).state, PairState::Held);
}

#[test]
fn one_window_alone_can_be_a_policy() {
    let mut slo = slo();
    slo.policies[0].pairs[0].short = None;
    let pair = Shares(0.02, 0.0).look(&mut alarms(&slo), &slo, NOW);
    assert_eq!((pair.state, pair.short, pair.burn_short), (PairState::Firing, None, None));
}
