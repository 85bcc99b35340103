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
        && let Some(until) = offer.until().filter(|until| *until > cx.now.mono)
    {
        let left = time::age(until.saturating_sub(cx.now.mono));
        let what = offer.label.replace('→', cx.glyphs.arrow);
        says.push(run(Role::Key, key));
        says.push(run(Role::Text, format!("undoes {what} ({left})")));
    }
    Footer { keys: keys.to_vec(), says }
}
