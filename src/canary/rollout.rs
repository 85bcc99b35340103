//! One verdict for a rollout, out of everything that was compared, with the reasons for it in sentences.
//!
//! | verdict | when |
//! | --- | --- |
//! | worse | some count is worse, or a critical gauge is out of bounds |
//! | not enough data | else, some count or critical gauge cannot be told yet, or nothing was compared |
//! | better | else, some count is better |
//! | same | else |
//!
//! Each comparison has its own share of false alarms; with c counts a good canary is called worse at most c × α of the time.

#[cfg(test)]
mod tests;

use super::counts::{Comparison, Fault};
use super::gauge::{Class, Gauge, Gravity, Reading, Weight};
use crate::domain::change::Verdict;
use crate::domain::text::Line;

/// What was compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rollout {
    /// Failed and slow requests.
    pub counts: Vec<Comparison>,
    pub gauges: Vec<Gauge>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// One sentence for each comparison; first those that the verdict rests on.
    pub reasons: Vec<Line>,
}

impl Rollout {
    pub fn judge(&self) -> Judgement {
        let mut said: Vec<(Verdict, Line)> =
            self.counts.iter().map(|one| (one.verdict, of_counts(one))).collect();
        let mut told = Vec::new();
        for gauge in &self.gauges {
            match weighed(gauge) {
                Some(verdict) => said.push((verdict, of_gauge(gauge))),
                None => told.push(of_gauge(gauge)),
            }
        }
        let mut judgement = together(said);
        judgement.reasons.extend(told);
        judgement
    }
}

/// One judgement out of several, each with its reason: of one rollout by several objectives, for instance.
pub fn together(mut said: Vec<(Verdict, Line)>) -> Judgement {
    said.sort_by_key(|(verdict, _)| rank(*verdict));
    let verdict =
        said.first().map_or(Verdict::NotEnoughData { more_requests: None }, |(first, _)| match first {
            Verdict::NotEnoughData { .. } => waits_for(&said),
            Verdict::Better | Verdict::Same | Verdict::Worse => *first,
        });
    Judgement { verdict, reasons: said.into_iter().map(|(_, reason)| reason).collect() }
}

/// The first decides.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Worse => 0,
        Verdict::NotEnoughData { .. } => 1,
        Verdict::Better => 2,
        Verdict::Same => 3,
    }
}

/// As many requests as the one that needs the most; unknown when one of them is.
fn waits_for(said: &[(Verdict, Line)]) -> Verdict {
    let mut most = Some(0);
    for (verdict, _) in said {
        match verdict {
            Verdict::NotEnoughData { more_requests } => {
                most = most.zip(*more_requests).map(|(a, b)| a.max(b))
            }
            Verdict::Better | Verdict::Same | Verdict::Worse => {}
        }
    }
    Verdict::NotEnoughData { more_requests: most }
}

/// What a gauge adds to the verdict; `None` when it is only told.
const fn weighed(gauge: &Gauge) -> Option<Verdict> {
    match gauge.weight {
        Weight::Advisory => None,
        Weight::Critical => Some(match gauge.reading {
            Reading::TooFew { .. } => Verdict::NotEnoughData { more_requests: None },
            Reading::Classified(classified) => match (classified.class, classified.gravity) {
                (Class::NoData, _) => Verdict::NotEnoughData { more_requests: None },
                (Class::High | Class::Low, Gravity::Critical) => Verdict::Worse,
                (Class::High | Class::Low, Gravity::Ordinary) | (Class::Pass, _) => Verdict::Same,
            },
        }),
    }
}

fn of_counts(comparison: &Comparison) -> Line {
    let (what, kind) = match comparison.fault {
        Fault::Failed => ("bad".to_owned(), "bad"),
        Fault::Slow { over } => (format!("slower than {over:?}"), "slow"),
    };
    let (canary, baseline) = (comparison.canary, comparison.baseline);
    let mut sentence = format!(
        "canary {} of {} {what}, baseline {} of {}: {}",
        grouped(canary.bad()),
        grouped(canary.total()),
        grouped(baseline.bad()),
        grouped(baseline.total()),
        comparison.verdict,
    );
    let harm = |than: &str| match comparison.excess() {
        // A cast saturates, and what is compared is never negative.
        Some(excess) => format!(
            "; {} {kind} requests {than} than the baseline would have had",
            grouped(excess.abs().round() as u64)
        ),
        None => String::new(),
    };
    sentence += &match comparison.verdict {
        Verdict::Worse => harm("more"),
        Verdict::Better => harm("fewer"),
        Verdict::Same => format!(", within {} %", percent(comparison.margin.share())),
        Verdict::NotEnoughData { more_requests: Some(more) } => {
            format!("; about {} more canary requests at these rates", grouped(more))
        }
        Verdict::NotEnoughData { more_requests: None } => {
            "; the difference is too near the margin for any number of requests".to_owned()
        }
    };
    Line::clean(&sentence)
}

fn of_gauge(gauge: &Gauge) -> Line {
    let name = &gauge.name;
    let sentence = match gauge.reading {
        Reading::TooFew { canary, baseline } => {
            format!(
                "{name}: not enough data; {canary} values of the canary and {baseline} of the baseline cannot tell"
            )
        }
        Reading::Classified(classified) => {
            let ratio = match classified.mean_ratio {
                Some(ratio) => format!(", {ratio:.2} times the baseline in the mean"),
                None => String::new(),
            };
            match classified.class {
                Class::Pass => format!("{name}: no difference that counts{ratio}"),
                Class::High => format!("{name}: high{ratio}"),
                Class::Low => format!("{name}: low{ratio}"),
                Class::NoData => format!("{name}: no values of the canary or of the baseline"),
            }
        }
    };
    Line::clean(&sentence)
}

/// A share in percent, without zeros at its end.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// 2400 as `2,400`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
