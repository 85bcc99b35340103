//! The little of PromQL that the hub's SLO poller speaks, read strictly: what is not understood is an error, never a
//! number.

use super::traffic::{Counts, Moment, Service};

/// The metric that the shop exports.
const METRIC: &str = "http_requests_total";

/// One sample of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The label that `label_replace` sets.
    pub label: Option<(String, String)>,
    pub value: f64,
}

/// The answer of a Prometheus that scrapes the shop, at a moment.
///
/// # Errors
///
/// What it does not understand, in a sentence.
pub fn answer(query: &str, now: Moment) -> Result<Vec<Sample>, String> {
    let mut samples = Vec::new();
    // An ` or ` between the parts is a union; ours differ in their label. No label value of ours holds one.
    for part in query.split(" or ") {
        let part = part.trim();
        let (counted, label) = match call(part, "label_replace") {
            Some(arguments) => {
                let (counted, label) = labelled(arguments).ok_or_else(|| not_understood(part))?;
                (counted, Some(label))
            }
            None => (part, None),
        };
        let counted = call(counted, "sum").and_then(|inner| call(inner, "increase"));
        let (selector, window) = counted.and_then(range).ok_or_else(|| not_understood(part))?;
        let wanted = Wanted::parse(selector).ok_or_else(|| not_understood(part))?;
        if let Some(value) = wanted.value(now, window) {
            samples.push(Sample { label, value });
        }
    }
    Ok(samples)
}

fn not_understood(part: &str) -> String {
    format!("the demo's metrics server understands sum(increase({METRIC}{{…}}[5m])) and not: {part}")
}

/// The arguments of a call that is the whole expression.
fn call<'a>(expression: &'a str, name: &str) -> Option<&'a str> {
    Some(expression.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?.trim())
}

/// `X, "warroom", "part_5m", "", ""` with an empty source and pattern, which always matches.
fn labelled(arguments: &str) -> Option<(&str, (String, String))> {
    let arguments = arguments.strip_suffix(", \"\", \"\"")?;
    let (arguments, value) = arguments.strip_suffix('"')?.rsplit_once(", \"")?;
    let (counted, name) = arguments.strip_suffix('"')?.rsplit_once(", \"")?;
    Some((counted, (name.to_owned(), value.to_owned())))
}

/// `selector[5m]`: the selector, and the window in seconds.
fn range(expression: &str) -> Option<(&str, f64)> {
    let (selector, window) = expression.strip_suffix(']')?.rsplit_once('[')?;
    Some((selector, seconds(window)?))
}

fn seconds(duration: &str) -> Option<f64> {
    let (number, unit) = duration.split_at_checked(duration.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return None,
    };
    Some(f64::from(number.parse::<u32>().ok()?) * unit)
}

/// What a selector selects of the shop's series.
#[derive(Debug, Default)]
struct Wanted<'a> {
    /// Prometheus sums over what no matcher names; here it has to name one.
    service: &'a str,
    errors_only: bool,
    /// Another metric: no series.
    unknown: bool,
}

impl<'a> Wanted<'a> {
    fn parse(selector: &'a str) -> Option<Self> {
        let (metric, matchers) = selector.strip_suffix('}')?.split_once('{')?;
        let mut wanted = Wanted { unknown: metric.trim() != METRIC, ..Wanted::default() };
        for matcher in matchers.split(',').map(str::trim).filter(|matcher| !matcher.is_empty()) {
            match matcher.split_once("=\"") {
                Some(("service", value)) => wanted.service = value.strip_suffix('"')?,
                _ if matcher == "code=~\"5..\"" => wanted.errors_only = true,
                _ => return None,
            }
        }
        Some(wanted)
    }

    fn value(&self, now: Moment, window: f64) -> Option<f64> {
        let service = Service::named(self.service).filter(|_| !self.unknown)?;
        let Counts { requests, errors } = service.counts(now, window);
        Some(if self.errors_only { errors } else { requests })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_windows_in_one_query_are_answered_by_their_labels() {
        let query = "label_replace(sum(increase(http_requests_total{service=\"cart\", code=~\"5..\"}[5m])), \
                     \"warroom\", \"part_5m\", \"\", \"\") or \
                     label_replace(sum(increase(http_requests_total{service=\"cart\"}[1h])), \"warroom\", \
                     \"total_1h\", \"\", \"\")";
        let samples = answer(query, 10.0).unwrap();
        let labels: Vec<_> = samples.iter().map(|sample| sample.label.clone().unwrap().1).collect();
        assert_eq!(labels, ["part_5m", "total_1h"]);
        assert_eq!(samples[0].value, Service::Cart.counts(10.0, 300.0).errors);
        assert_eq!(samples[1].value, Service::Cart.counts(10.0, 3_600.0).requests);
    }

    #[test]
    fn what_the_shop_does_not_export_is_no_sample_and_what_is_no_such_query_an_error() {
        assert_eq!(answer("sum(increase(http_requests_total{service=\"mail\"}[5m]))", 0.0), Ok(Vec::new()));
        assert_eq!(answer("sum(increase(other_total{service=\"cart\"}[5m]))", 0.0), Ok(Vec::new()));
        for query in
            ["", "up", "sum(http_requests_total)", "sum(increase(http_requests_total{service=\"cart\"}[5y]))"]
        {
            assert!(answer(query, 0.0).is_err(), "{query}");
        }
    }
}
