//! From alerts to incidents. First what is new is told from what is known ([`sift`]), then each alert gets its place
//! ([`place`]), then every incident that is concerned gets one entry, however many alerts there are.

mod attach;
mod place;
mod sift;
mod targets;
mod words;

pub(super) use attach::{attach, waiting, worst_severity};

use super::super::actor::{Actor, Handle};
use super::super::alert::AlertReport;
use super::super::command::Refusal;
use super::Decision;
use super::case::Case;

pub(super) fn report(case: &Case<'_>, reports: &[AlertReport]) -> Result<Decision, Refusal> {
    let source = match case.actor {
        Actor::Person(name) | Actor::Integration(name) => name.clone(),
        Actor::Hub => Handle::of_hub(),
    };
    let news = sift::sift(case, reports, &source)?;
    let events = place::place(case, news);
    Ok(Decision { events, ..Decision::default() })
}
