//! The `timeWindow` of an SLO.

use super::calendar;
use super::field::{Field, Report};
use super::node::Value;
use crate::slo::finding::Level;
use crate::slo::period::{Calendar, Period};
use crate::slo::window::{Unit, Window, WindowError};

pub(super) fn read(spec: &Field<'_>, report: &mut Report) -> Option<Period> {
    let field = spec.get("timeWindow");
    let items = field.as_ref().map(Field::items).unwrap_or_default();
    let item = match items.as_slice() {
        [item] => item,
        [] => {
            let line = spec.line();
            let message =
                format!("`timeWindow` is missing, so {} rolling are taken; add it", Window::FOUR_WEEKS);
            report.add(Level::Warning, line, "spec.timeWindow", &message);
            return Some(Window::FOUR_WEEKS.into());
        }
        [_, second, ..] => {
            for item in &items {
                item.get("duration").and_then(|field| duration(&field, report));
            }
            report.error(second, "an SLO has exactly one time window; make another SLO of this one");
            return None;
        }
    };
    item.warn_of_unknown(&["duration", "isRolling", "calendar"], report);
    let length = duration(&item.required("duration", report)?, report);
    let rolls = match item.get("isRolling").map(|field| (field.node.value.clone(), field)) {
        None => item.get("calendar").is_none(),
        Some((Value::Bool(rolls), _)) => rolls,
        Some((_, field)) => {
            report.error(&field, "this is neither true nor false; write `isRolling: true`");
            return None;
        }
    };
    let calendar = item.get("calendar");
    if rolls {
        if let Some(calendar) = calendar {
            report.warn(&calendar, "a window that rolls has no calendar, so this is ignored; remove it, or write `isRolling: false`");
        }
        return Some(Period::Rolling(length?));
    }
    let Some(calendar) = calendar else {
        report.error(item, "a window that does not roll needs a `calendar` with startTime and timeZone; add it, or write `isRolling: true`");
        return None;
    };
    let begin = calendar::read(&calendar, report);
    let (start, zone) = begin?;
    Some(Period::Calendar(Calendar { length: length?, start, zone }))
}

fn duration(field: &Field<'_>, report: &mut Report) -> Option<Window> {
    match field.text(report)?.parse::<Window>() {
        Ok(window) => {
            if window.unit() == Unit::Minute {
                report.warn(field, format!("`{window}` is a period of minutes; write M for months"));
            }
            Some(window)
        }
        Err(
            error @ (WindowError::Shape | WindowError::NoUnit | WindowError::Zero | WindowError::TooLong),
        ) => {
            report.error(field, error.to_string());
            None
        }
    }
}
