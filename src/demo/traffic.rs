//! The shop's traffic as a function of time. Counters are integrals of it in closed form, so that every window of every
//! query fits every other.

use std::f64::consts::TAU;

/// Seconds of the story since the demo began. Below zero is what was before.
pub type Moment = f64;

const DAY: f64 = 86_400.0;

/// One service of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Checkout,
    Cart,
    Search,
}

/// A time in which a service answers more requests with errors than usual: growing, at its height, waning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trouble {
    pub begins: Moment,
    pub full: Moment,
    pub wanes: Moment,
    pub over: Moment,
    /// The share of all requests that fails at the height.
    pub share: f64,
}

/// Requests and those that failed, within one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    pub requests: f64,
    pub errors: f64,
}

/// Traffic breathes: how long a breath is, in seconds, and how much of the rate and of the everyday errors it moves.
const BREATH: f64 = 420.0;
const RATE_SWING: f64 = 0.06;
const ERROR_SWING: f64 = 0.35;

const fn old(days_ago: f64, seconds: f64, share: f64) -> Trouble {
    let begins = -days_ago * DAY;
    Trouble { begins, full: begins + 120.0, wanes: begins + seconds - 120.0, over: begins + seconds, share }
}

impl Service {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "checkout" => Some(Service::Checkout),
            "cart" => Some(Service::Cart),
            "search" => Some(Service::Search),
            _ => None,
        }
    }

    /// Requests a second.
    const fn rate(self) -> f64 {
        match self {
            Service::Checkout => 240.0,
            Service::Cart => 410.0,
            Service::Search => 900.0,
        }
    }

    /// The share of requests that fail on a good day.
    const fn everyday_errors(self) -> f64 {
        match self {
            Service::Checkout => 0.000_08,
            Service::Cart => 0.000_05,
            Service::Search => 0.002_7,
        }
    }

    /// What went wrong in the last weeks, and goes wrong today.
    const fn troubles(self) -> &'static [Trouble] {
        const CHECKOUT: &[Trouble] = &[old(20.6, 1_200.0, 0.16), old(9.2, 1_500.0, 0.12), TODAY];
        const CART: &[Trouble] =
            &[old(12.4, 1_500.0, 0.09), Trouble { begins: 45.0, full: 150.0, share: 0.026, ..TODAY }];
        const SEARCH: &[Trouble] = &[old(15.0, 5_400.0, 0.12), old(3.1, 10_800.0, 0.10)];
        match self {
            Service::Checkout => CHECKOUT,
            Service::Cart => CART,
            Service::Search => SEARCH,
        }
    }

    /// What a query for the last `window` seconds counts at `now`.
    pub fn counts(self, now: Moment, window: f64) -> Counts {
        let from = now - window;
        let swing = breath(now) - breath(from);
        let requests = self.rate() * (window + RATE_SWING * swing);
        let everyday = self.rate() * self.everyday_errors() * (window + ERROR_SWING * swing);
        let troubles = self.troubles().iter();
        let extra: f64 = troubles.map(|trouble| trouble.share * trouble.spent(from, now)).sum();
        Counts { requests, errors: everyday + self.rate() * extra }
    }
}

/// The canary with the coupon call that times out.
pub const TODAY: Trouble = Trouble { begins: 18.0, full: 58.0, wanes: 395.0, over: 440.0, share: 0.121 };

/// The integral of the breath, sin(2πt / BREATH).
fn breath(at: Moment) -> f64 {
    -(TAU * at / BREATH).cos() * BREATH / TAU
}

impl Trouble {
    /// Seconds at full height that come to as much as there was of it between two moments.
    fn spent(&self, from: Moment, to: Moment) -> f64 {
        self.until(to) - self.until(from)
    }

    fn until(&self, at: Moment) -> f64 {
        let growing = at.clamp(self.begins, self.full) - self.begins;
        let high = at.clamp(self.full, self.wanes) - self.full;
        let waning = at.clamp(self.wanes, self.over) - self.wanes;
        let (up, down) = (self.full - self.begins, self.over - self.wanes);
        growing * growing / (2.0 * up) + high + waning - waning * waning / (2.0 * down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: f64 = 28.0 * DAY;

    fn ratio(service: Service, now: Moment, window: f64) -> f64 {
        let counts = service.counts(now, window);
        counts.errors / counts.requests
    }

    #[test]
    fn the_trouble_begins_grows_and_ends_when_the_story_says() {
        assert!(ratio(Service::Checkout, 17.0, 30.0) < 0.001);
        assert!(ratio(Service::Checkout, 200.0, 30.0) > 0.115);
        assert!(ratio(Service::Cart, 200.0, 30.0) > 0.02);
        assert!(ratio(Service::Checkout, 480.0, 30.0) < 0.001);
        assert!(ratio(Service::Search, 200.0, 30.0) < 0.005);
    }

    #[test]
    fn budgets_look_lived_in_before_anything_happens() {
        for (service, objective, left) in
            [(Service::Checkout, 0.999, 0.78), (Service::Cart, 0.999, 0.90), (Service::Search, 0.995, 0.31)]
        {
            let found = 1.0 - ratio(service, 0.0, PERIOD) / (1.0 - objective);
            assert!((found - left).abs() < 0.02, "{service:?} has {found} left");
            // An error budget that burns slower than it is refilled, on a quiet evening.
            assert!(ratio(service, 0.0, 300.0) / (1.0 - objective) < 0.9);
        }
    }

    #[test]
    fn windows_that_follow_each_other_add_up() {
        for service in [Service::Checkout, Service::Cart, Service::Search] {
            let whole = service.counts(600.0, 3_600.0);
            let (late, early) = (service.counts(600.0, 250.0), service.counts(350.0, 3_350.0));
            assert!((whole.errors - late.errors - early.errors).abs() < 1e-6);
            assert!((whole.requests - late.requests - early.requests).abs() < 1e-3);
        }
    }

    #[test]
    fn the_burn_alert_fires_and_ends_when_its_figure_does() {
        let burn = |now| ratio(Service::Checkout, now, 300.0) / 0.001;
        assert!(burn(66.0) < 14.4 && burn(78.0) > 14.4, "{} {}", burn(66.0), burn(78.0));
        assert!(burn(660.0) > 14.4 && burn(690.0) < 14.4, "{} {}", burn(660.0), burn(690.0));
    }
}
