//! The last row: what can be done here, and what was just done.

use super::chrome::FooterKey;
use super::{Cx, Run, run, time};
use crate::tui::model::{Model, Tone};
use crate::tui::theme::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    pub keys: Vec<FooterKey>,
    /// A short word, and how to take back what was done.
    pub says: Vec<Run>,
}

/// `undo` is the key that takes back, for as long as it is offered.
pub fn footer(model: &Model, keys: &[FooterKey], undo: Option<&str>, cx: &Cx<'_>) -> Footer {
    let mut says = Vec::new();
    if let Some(toast) = &model.ui.toast
        && toast.until > cx.now.mono
    {
        let (role, shape) = match toast.tone {
            Tone::Good => (Role::Ok, format!("{} ", cx.glyphs.done)),
            Tone::Plain => (Role::TextStrong, String::new()),
            Tone::Bad => (Role::Danger, format!("{} ", cx.glyphs.failed)),
        };
        says.push(run(role, format!("{shape}{}", toast.text)));
    }
    if let (Some(offer), Some(key)) = (&model.ui.undo, undo)
        && offer.until > cx.now.mono
    {
        let left = time::age(offer.until.saturating_sub(cx.now.mono));
        let words = match says.is_empty() {
            true => format!("undoes the {} ({left})", offer.label),
            false => format!("undoes it ({left})"),
        };
        says.push(run(Role::Key, key));
        says.push(run(Role::Text, words));
    }
    Footer { keys: keys.to_vec(), says }
}
