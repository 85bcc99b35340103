//! From the query of a metric source to the queries that are sent.
//!
//! OpenSLO leaves open what a query means. Understood are:
//!
//! | written | asked for a window of an hour |
//! | --- | --- |
//! | `http_requests_total{code=~"5.."}` or `sum(…)` of it | `sum(increase(http_requests_total{code=~"5.."}[1h]))` |
//! | `sum(rate(http_requests_total[5m]))` | the same; the range is ours |
//! | any expression with `{{.window}}` or `$window` | `sum(…)` of it, with `1h` in that place |
//!
//! `increase` goes inside `sum`, because a sum of counters hides the reset of one of them.

pub mod sampled;
mod scan;
mod selector;

use std::fmt::Write as _;
use std::time::Duration;

use thiserror::Error;

use super::slo::Indicator;

/// Longer queries are refused: they would be sent many times a minute.
const MAX_BYTES: usize = 8 * 1024;

/// Counts events within a window, whichever window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery(Shape);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// A selector of counters.
    Counters(String),
    /// What is written between the places of the window; at least two pieces.
    Template(Vec<String>),
}

/// Something about a query that its author may not expect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Note {
    #[error(
        "the range [{0}] is replaced by each window that is shown; write {{{{.window}}}} in its place to say so"
    )]
    RangeReplaced(String),
    #[error("`{0}` looks like the result of a recording rule; the query has to name the counter itself")]
    RecordingRule(String),
}

/// Why a query cannot be asked over a window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotUnderstood {
    #[error("the query is empty; name a counter, such as http_requests_total")]
    Empty,
    #[error("the query is longer than 8 KiB; record it by a rule in Prometheus and count that")]
    TooLong,
    #[error("a quote is not closed in the query; close it")]
    OpenQuote,
    #[error("parentheses or brackets do not match in the query; close what is opened")]
    Unbalanced,
    #[error("`{0}` is not a placeholder; write {{{{.window}}}} where the range goes")]
    Placeholder(String),
    #[error(
        "this query cannot be asked over a window; write a counter, sum(counter), or an expression with {{{{.window}}}} \
         where the range goes, such as sum(increase(http_requests_total[{{{{.window}}}}]))"
    )]
    NoWindow,
}

impl EventQuery {
    pub fn parse(raw: &str) -> Result<(Self, Option<Note>), NotUnderstood> {
        if raw.len() > MAX_BYTES {
            return Err(NotUnderstood::TooLong);
        }
        let mut pieces = scan::pieces(raw)?;
        if pieces.len() > 1 {
            return Ok((EventQuery(Shape::Template(pieces)), None));
        }
        let expression = pieces.pop().unwrap_or_default();
        let expression = expression.trim();
        if expression.is_empty() {
            return Err(NotUnderstood::Empty);
        }
        let counted = selector::counted(expression).ok_or(NotUnderstood::NoWindow)?;
        let note = match counted.range {
            Some(range) => Some(Note::RangeReplaced(range.to_owned())),
            None if counted.name.contains(':') => Some(Note::RecordingRule(counted.name.to_owned())),
            None => None,
        };
        Ok((EventQuery(Shape::Counters(counted.selector.to_owned())), note))
    }

    /// The query for one window, in PromQL's way of writing durations. It gives one value, or none.
    pub fn over(&self, window: &str) -> String {
        match &self.0 {
            Shape::Counters(selector) => format!("sum(increase({selector}[{window}]))"),
            Shape::Template(pieces) => format!("sum({})", pieces.join(window)),
        }
    }

    /// The selector of the counters, if the query is nothing but one.
    pub fn selector(&self) -> Option<&str> {
        match &self.0 {
            Shape::Counters(selector) => Some(selector),
            Shape::Template(_) => None,
        }
    }

    /// The selector of those of its counters that a matcher takes, such as `track="canary"`.
    pub fn narrowed(&self, matcher: &str) -> Option<String> {
        let selector = self.selector()?;
        Some(match selector.split_once('{') {
            Some((name, matchers)) => format!("{name}{{{matcher},{matchers}"),
            None => format!("{selector}{{{matcher}}}"),
        })
    }

    /// The upper bound of the bucket of a histogram that is counted, in seconds.
    pub fn bucket(&self) -> Option<Duration> {
        let selector = self.selector()?;
        let (before, behind) = selector.split_once("le=\"")?;
        let is_label = before.ends_with(['{', ',', ' ']);
        let seconds = behind.split('"').next()?.parse::<f64>().ok().filter(|_| is_label)?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// Whether the query can only be asked of monotone counters.
    pub const fn takes_counters(&self) -> bool {
        matches!(self.0, Shape::Counters(_))
    }

    /// Events per second rather than events, as far as the text tells.
    fn rate(&self) -> Option<bool> {
        match &self.0 {
            Shape::Counters(_) => Some(false),
            Shape::Template(pieces) => {
                let says = |word: &str| pieces.iter().any(|piece| piece.contains(word));
                match (says("rate("), says("increase(")) {
                    (true, false) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                }
            }
        }
    }

    /// Whether one of the two surely counts events and the other events per second, which gives no ratio.
    pub fn differs_in_unit(&self, other: &EventQuery) -> bool {
        matches!((self.rate(), other.rate()), (Some(one), Some(two)) if one != two)
    }
}

/// The selector of an expression that increases counters over the window and adds them up: all that it takes to follow them.
pub fn counters(raw: &str) -> Option<String> {
    let pieces = scan::pieces(raw).ok()?;
    let [before, after] = pieces.as_slice() else { return None };
    let expression = format!("{before}1m{after}");
    let counted = selector::counted(&expression)?;
    (counted.range == Some("1m")).then(|| counted.selector.to_owned())
}

/// The label by which the parts of one answer are told apart.
pub const LABEL: &str = "warroom";

/// The value of [`LABEL`] on the count that stands beside the total.
pub fn part_label(window: &str) -> String {
    format!("part_{window}")
}

/// The value of [`LABEL`] on the total.
pub fn total_label(window: &str) -> String {
    format!("total_{window}")
}

/// A length of time as PromQL writes it, in the largest unit that divides it: `5m`, `28d`, `64286ms`.
pub fn duration(length: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let millis = length.as_millis();
    let unit = UNITS.iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{millis}ms"), |(unit, letter)| format!("{}{letter}", millis / unit))
}

/// One query for all counts of all `windows`: the parts of a ratio have to be of the same instant.
pub fn counts(indicator: &Indicator, windows: &[Duration]) -> String {
    let mut query = String::new();
    for window in windows.iter().copied().map(duration) {
        let parts =
            [(part_label(&window), indicator.numerator.query()), (total_label(&window), &indicator.total)];
        for (label, part) in parts {
            let or = if query.is_empty() { "" } else { " or " };
            // Writing to a String has no way to fail.
            let _ = write!(
                query,
                "{or}label_replace({}, \"{LABEL}\", \"{label}\", \"\", \"\")",
                part.over(&window)
            );
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::slo::Numerator;

    fn hour(raw: &str) -> Result<String, NotUnderstood> {
        EventQuery::parse(raw).map(|(query, _)| query.over("1h"))
    }

    fn note(raw: &str) -> Option<Note> {
        EventQuery::parse(raw).unwrap().1
    }

    #[test]
    fn counters_are_increased_one_by_one_and_then_summed() {
        for (raw, asked) in [
            ("http_requests_total", "sum(increase(http_requests_total[1h]))"),
            ("  http_requests_total{}\n", "sum(increase(http_requests_total{}[1h]))"),
            (
                r#"sum(http_requests{code=~"2xx|4xx"})"#,
                r#"sum(increase(http_requests{code=~"2xx|4xx"}[1h]))"#,
            ),
            ("SUM ( (a:b_total) )", "sum(increase(a:b_total[1h]))"),
            (r#"{__name__="x", a!='}{][)',}"#, r#"sum(increase({__name__="x", a!='}{][)',}[1h]))"#),
            (
                r#"{"http.requests", "my label"=~`a\`}"#,
                r#"sum(increase({"http.requests", "my label"=~`a\`}[1h]))"#,
            ),
            (r#"x{a="\"]}#"} # not a part of it"#, r#"sum(increase(x{a="\"]}#"}[1h]))"#),
        ] {
            assert_eq!(hour(raw).as_deref(), Ok(asked), "{raw}");
        }
    }

    #[test]
    fn a_fixed_range_is_replaced_and_said_to_be() {
        assert_eq!(hour(r#"sum(rate(x{a="b"}[5m]))"#).unwrap(), r#"sum(increase(x{a="b"}[1h]))"#);
        assert_eq!(hour("increase(x[30s])").unwrap(), "sum(increase(x[1h]))");
        assert_eq!(note("sum(rate(x[5m]))"), Some(Note::RangeReplaced("5m".to_owned())));
        assert_eq!(note("x"), None);
        assert!(matches!(note("job:x:rate5m"), Some(Note::RecordingRule(_))));
    }

    #[test]
    fn a_placeholder_takes_the_window() {
        for raw in ["{{.window}}", "{{ .window }}", "{{window}}", "${window}", "$window"] {
            let written = format!("sum(increase(a[{raw}])) - sum(increase(b[{raw}]))");
            assert_eq!(hour(&written).unwrap(), "sum(sum(increase(a[1h])) - sum(increase(b[1h])))", "{raw}");
        }
        assert_eq!(
            hour(r#"increase(a{x="$window"}[$window])"#).unwrap(),
            r#"sum(increase(a{x="$window"}[1h]))"#
        );
        assert_eq!(hour("increase(a[$window]) # end").unwrap(), "sum(increase(a[1h])  )");
    }

    #[test]
    fn what_cannot_be_asked_over_a_window_is_refused_with_a_reason() {
        for raw in [
            "sum(a) / sum(b)",
            "sum(a) by (le)",
            "sum by (le) (a)",
            "a offset 5m",
            "a @ end()",
            "histogram_quantile(0.9, a)",
            "sum(rate(a[5m:1m]))",
            "a[5m]",
            "rate(a)",
            "sum(a",
            "3",
            "a b",
            "x{a}",
        ] {
            let refused = hour(raw);
            assert!(
                matches!(refused, Err(NotUnderstood::NoWindow | NotUnderstood::Unbalanced)),
                "{raw}: {refused:?}"
            );
        }
        assert_eq!(hour(" # nothing"), Err(NotUnderstood::Empty));
        assert_eq!(hour(r#"x{a="b}"#), Err(NotUnderstood::OpenQuote));
        assert_eq!(hour("increase(x[$window]))"), Err(NotUnderstood::Unbalanced));
        assert_eq!(hour("increase(x[$window]"), Err(NotUnderstood::Unbalanced));
        assert_eq!(
            hour("rate(x[$__rate_interval])"),
            Err(NotUnderstood::Placeholder("$__rate_interval".to_owned()))
        );
        assert_eq!(hour("rate(x[{{.range}}])"), Err(NotUnderstood::Placeholder("{{.range}}".to_owned())));
        assert_eq!(hour(&"x".repeat(9_000)), Err(NotUnderstood::TooLong));
    }

    #[test]
    fn an_expression_that_only_increases_counters_names_them() {
        for (raw, expected) in [
            ("sum(rate(x{a=\"b\"}[{{.window}}]))", Some("x{a=\"b\"}")),
            ("sum(\n  increase(x[$window])\n)\n", Some("x")),
            ("sum(rate(x[5m]))", None),
            ("sum(rate(x{a=\"1m\"}[$window])) - sum(rate(y[$window]))", None),
            ("sum(rate(x[$window:1m]))", None),
            ("sum by (a) (rate(x[$window]))", None),
            ("sum_over_time(x[$window])", None),
        ] {
            assert_eq!(counters(raw).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn events_and_events_per_second_do_not_make_a_ratio() {
        let query = |raw| EventQuery::parse(raw).unwrap().0;
        assert!(query("rate(x[$window])").differs_in_unit(&query("x")));
        assert!(query("rate(x[$window])").differs_in_unit(&query("increase(x[$window])")));
        assert!(!query("sum(rate(x[5m]))").differs_in_unit(&query("x")));
        assert!(!query("x_over($window)").differs_in_unit(&query("x")));
    }

    #[test]
    fn a_matcher_more_narrows_what_is_counted() {
        for (raw, narrowed) in [
            ("x", r#"x{a="b"}"#),
            ("x{}", r#"x{a="b",}"#),
            (r#"sum(x{c=~"{5}..", })"#, r#"x{a="b",c=~"{5}..", }"#),
            (r#"{"x.y"}"#, r#"{a="b","x.y"}"#),
        ] {
            let query = EventQuery::parse(raw).unwrap().0;
            assert_eq!(query.narrowed(r#"a="b""#).as_deref(), Some(narrowed), "{raw}");
            assert_eq!(EventQuery::parse(narrowed).unwrap().0.selector(), Some(narrowed), "{raw}");
        }
        assert_eq!(EventQuery::parse("rate(x[$window])").unwrap().0.narrowed("a"), None);
    }

    #[test]
    fn the_bound_of_a_bucket_is_that_of_its_label() {
        let bucket = |raw| EventQuery::parse(raw).unwrap().0.bucket();
        assert_eq!(bucket(r#"x_bucket{job="a",le="0.3"}"#), Some(Duration::from_millis(300)));
        for raw in ["x", r#"x{style="1"}"#, r#"x{le="+Inf"}"#, r#"x{le="soon"}"#, r#"x{le="-1"}"#] {
            assert_eq!(bucket(raw), None, "{raw}");
        }
    }

    #[test]
    fn all_counts_are_asked_at_once() {
        let query = |raw| EventQuery::parse(raw).unwrap().0;
        let indicator = Indicator { numerator: Numerator::Bad(query("bad")), total: query("all") };
        assert_eq!(
            counts(&indicator, &[Duration::from_secs(300), Duration::from_secs(3_600)]),
            "label_replace(sum(increase(bad[5m])), \"warroom\", \"part_5m\", \"\", \"\") \
             or label_replace(sum(increase(all[5m])), \"warroom\", \"total_5m\", \"\", \"\") \
             or label_replace(sum(increase(bad[1h])), \"warroom\", \"part_1h\", \"\", \"\") \
             or label_replace(sum(increase(all[1h])), \"warroom\", \"total_1h\", \"\", \"\")"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in "[a-z_:{}\\[\\]()\"'`\\\\#$. \\n=~!,é0-9]{0,60}") {
            if let Ok((query, _)) = EventQuery::parse(&raw) {
                let asked = query.over("1h");
                proptest::prop_assert!(asked.starts_with("sum("));
            }
        }
    }
}
