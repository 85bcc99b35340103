//! Writing an update to people outside: the fields, then exactly what will go out, to whom, and to how many.

use tui_input::Input;

use super::{Dialog, Space, buttons, field};
use crate::domain::comms::{Audience, Message};
use crate::domain::role::Slug;
use crate::tui::modal::{Answer, Compose, ComposeField, ComposeStage, Consent, DRILL_PHRASE};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::vm::{Cx, Run, Runs, header, run, text};

pub(super) fn compose(compose: &Compose, model: &Model, cx: &Cx<'_>, space: Space) -> Dialog {
    match &compose.stage {
        ComposeStage::Editing { error } => editing(compose, error.as_deref(), model, cx, space),
        ComposeStage::Preview { message, consent, scroll } => {
            preview(compose, message, consent, *scroll, model, cx, space)
        }
        ComposeStage::Sending { .. } => sending(compose, model, cx, space),
        ComposeStage::Failed { reason } => failed(compose, reason, cx, space),
    }
}

fn begin(compose: &Compose, word: &str, space: Space) -> Dialog {
    Dialog::new(format!("{word} {}", compose.incident), space.wide(84))
}

fn editing(compose: &Compose, error: Option<&str>, model: &Model, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = begin(compose, "Update on", space);
    let columns = space.inside(dialog.width);
    let audience = compose.field == ComposeField::Audience;
    dialog.push(vec![
        bar(audience, cx),
        run(Role::TextMuted, "To  "),
        run(
            if audience { Role::Select } else { Role::TextStrong },
            format!("< {} >", label(model, &compose.audience)),
        ),
        run(Role::TextMuted, format!("  {}", reach(model, &compose.audience))),
    ]);
    if audience {
        dialog.cursor = Some((0, 6));
    }
    // Three fields share the rows; the one that is written in has the most. Heights do not depend on what is written,
    // so that nothing moves under the hands.
    let airy = space.rows >= 22;
    let rows = space.rows_beside(if airy { 12 } else { 8 }).min(12);
    let small = (rows / 4).clamp(1, 2);
    let large = rows.saturating_sub(small * 2).max(1);
    let fields = [
        (ComposeField::What, "What is happening"),
        (ComposeField::Impact, "Impact"),
        (ComposeField::Action, "What we are doing"),
    ];
    let written = fields.iter().any(|(field, _)| *field == compose.field);
    for ((field, heading), area) in fields.into_iter().zip(&compose.areas) {
        if airy {
            dialog.blank();
        }
        let here = compose.field == field;
        dialog.push(vec![bar(here, cx), run(if here { Role::TextStrong } else { Role::TextMuted }, heading)]);
        let cursor = area.cursor();
        let most = if here || (!written && field == ComposeField::What) { large } else { small };
        let position = if here { (cursor.0, cursor.1) } else { (0, 0) };
        let mut seen = field::lines(area.lines(), position, columns.saturating_sub(2), most);
        if here {
            dialog.cursor = Some((dialog.rows.len() + seen.cursor.0, seen.cursor.1 + 2));
        }
        seen.rows.resize(most, String::new());
        for row in &seen.rows {
            dialog.push(vec![bar(here, cx), run(Role::Text, row)]);
        }
    }
    if airy {
        dialog.blank();
    }
    let here = compose.field == ComposeField::NextIn;
    let (minutes, cursor) = field::line(&compose.next_in, 6);
    let what_then = match compose.next_in.value().trim().is_empty() {
        true => "this is the last update",
        false => "minutes; empty: this is the last one",
    };
    if here {
        dialog.cursor = Some((dialog.rows.len(), 17 + cursor));
    }
    dialog.push(vec![
        bar(here, cx),
        run(Role::TextMuted, "Next update in "),
        run(Role::TextStrong, format!("{minutes:<6}")),
        run(Role::TextMuted, format!(" {what_then}")),
    ]);
    match error {
        Some(error) => {
            let says = format!("{} {error}", cx.glyphs.failed);
            let rows = text::wrap(&says, columns, 2, cx.glyphs.ellipsis);
            dialog.foot.extend(rows.into_iter().map(|row| vec![run(Role::Danger, row)]));
        }
        None => dialog.foot.push(vec![run(Role::TextMuted, "ctrl-u clears the field")]),
    }
    let keys = [("ctrl-s", "shows what goes out"), ("tab", "next field"), ("esc", "keeps it for later")];
    dialog.keys(&keys);
    dialog
}

fn preview(
    compose: &Compose,
    message: &Message,
    consent: &Consent,
    scroll: u16,
    model: &Model,
    cx: &Cx<'_>,
    space: Space,
) -> Dialog {
    let mut dialog = begin(compose, "This goes out about", space);
    dialog.tone = Role::Danger;
    let columns = space.inside(dialog.width);
    let heading = |word: &str| run(Role::TextMuted, format!("{word:<9}"));
    match consent {
        Consent::Choice(_) => {}
        Consent::Phrase(_) => {
            dialog.say(Role::Warn, "This is a drill, and the update really goes out, marked [DRILL].");
        }
    }
    let to = label(model, &message.audience);
    dialog.push(vec![
        heading("To"),
        run(Role::TextStrong, to),
        run(Role::Text, format!(": {}", reach(model, &message.audience))),
    ]);
    for row in by_way_of(model, &message.audience) {
        dialog.push(vec![heading(""), run(Role::TextMuted, row)]);
    }
    dialog.push(vec![heading("Subject"), run(Role::TextStrong, message.subject.to_string())]);
    dialog.push(vec![run(Role::Border, cx.glyphs.rule.repeat(columns))]);
    for row in text::wrap(&message.body, columns, usize::MAX, cx.glyphs.ellipsis) {
        dialog.say(Role::Text, row);
    }
    let most = dialog.rows.len().saturating_sub(space.rows_beside(3));
    dialog.scroll = usize::from(scroll).min(most);
    let unseen = most - dialog.scroll;
    dialog.foot.push(match unseen {
        0 => vec![run(Role::Border, cx.glyphs.rule.repeat(columns))],
        1 => vec![run(Role::Warn, format!("{} 1 more row", cx.glyphs.more))],
        rows => vec![run(Role::Warn, format!("{} {rows} more rows", cx.glyphs.more))],
    });
    let recipients = count(recipients(model, &message.audience), "recipient");
    let mut row = match consent {
        Consent::Choice(answer) => {
            buttons("Cancel", &format!("Send to {recipients}"), *answer == Answer::Yes, Role::Danger)
        }
        Consent::Phrase(typed) => phrase(typed, &recipients, cx),
    };
    if !header::is_current(&model.link) {
        row.push(run(Role::Danger, "   no link: it would not go out now"));
    }
    dialog.foot.push(row);
    let scrolls = if most > 0 { ("up/down", "scrolls") } else { ("enter", "takes it") };
    match consent {
        Consent::Choice(_) => dialog.keys(&[("left/right", "chooses"), scrolls, ("esc", "goes on writing")]),
        Consent::Phrase(_) => dialog.keys(&[scrolls, ("esc", "goes on writing")]),
    }
    dialog
}

/// The field that the update of a drill waits for: what was typed of the phrase.
fn phrase(typed: &Input, recipients: &str, cx: &Cx<'_>) -> Runs {
    let (typed, _) = field::line(typed, DRILL_PHRASE.len() + 2);
    let role = if typed.trim() == DRILL_PHRASE { Role::Danger } else { Role::TextStrong };
    vec![
        run(Role::Text, format!("To reach {recipients}, type “{DRILL_PHRASE}”: ")),
        run(role, typed),
        run(Role::Select, cx.glyphs.cursor),
    ]
}

fn sending(compose: &Compose, model: &Model, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = begin(compose, "Update on", space);
    let to = label(model, &compose.audience);
    dialog.say(Role::Pending, format!("{} Handing the update to {to} to the hub", cx.glyphs.pending));
    dialog.blank();
    dialog
        .say(Role::TextMuted, "It is published once the hub has it on disk. Leaving does not call it back.");
    dialog.blank();
    dialog.keys(&[("esc", "leaves")]);
    dialog
}

fn failed(compose: &Compose, reason: &str, cx: &Cx<'_>, space: Space) -> Dialog {
    let mut dialog = begin(compose, "Not sent: update on", space);
    dialog.tone = Role::Danger;
    let says = format!("{} Nothing went out: {reason}", cx.glyphs.failed);
    for row in text::wrap(&says, space.inside(dialog.width), 6, cx.glyphs.ellipsis) {
        dialog.say(Role::Danger, row);
    }
    dialog.blank();
    dialog.keys(&[("any key", "goes back to the text")]);
    dialog
}

fn bar(here: bool, cx: &Cx<'_>) -> Run {
    match here {
        true => run(Role::BorderFocus, format!("{} ", cx.glyphs.cursor)),
        false => run(Role::Text, "  "),
    }
}

fn audience<'a>(model: &'a Model, name: &Slug) -> Option<&'a Audience> {
    model.policy.audience(name)
}

fn label(model: &Model, name: &Slug) -> String {
    audience(model, name).map_or_else(|| name.to_string(), |audience| audience.label.to_string())
}

fn recipients(model: &Model, name: &Slug) -> u32 {
    audience(model, name).map_or(0, Audience::recipients)
}

/// `340 recipients in 2 ways`.
fn reach(model: &Model, name: &Slug) -> String {
    match audience(model, name) {
        None => "the hub does not know this audience".to_owned(),
        Some(audience) => {
            let ways = u32::try_from(audience.destinations.len()).unwrap_or(u32::MAX);
            format!("{} by {}", count(audience.recipients(), "recipient"), count(ways, "way"))
        }
    }
}

fn by_way_of(model: &Model, name: &Slug) -> Vec<String> {
    const SHOWN: usize = 3;
    let Some(audience) = audience(model, name) else { return Vec::new() };
    let ways = audience.destinations.iter().take(SHOWN).map(|way| way.label.to_string());
    let mut ways: Vec<String> = ways.collect();
    let more = audience.destinations.len().saturating_sub(SHOWN);
    if more > 0 {
        ways.push(format!("and {more} more"));
    }
    ways
}

fn count(number: u32, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    }
}
