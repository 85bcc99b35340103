//! Secrets that others put into what they send: found by the forms that are known, and masked before anything is kept.
//!
//! Monitoring quotes what it watches: a connection string in an error, a header in a log line, a link with a token. What
//! is masked here is in no journal, no feed and no retrospective; `docs/security.md` says what is found and what is not.
//!
//! One look at each byte tells whether something may stand there (`scan.rs`); only then is there more to do. Each rule has
//! its file, and costs in all no more than the length of the text, whatever the text is.

mod card;
mod hidden;
mod named;
mod place;
mod scan;
#[cfg(test)]
mod tests;
mod token;

use std::borrow::Cow;
use std::ops::Range;

use super::text::{Line, Shape, Text, clean};

/// What was found to be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AwsKey,
    GitHubToken,
    GitLabToken,
    SlackToken,
    GoogleKey,
    StripeKey,
    Jwt,
    PrivateKey,
    Credentials,
    Password,
    Secret,
    Token,
    ApiKey,
    Card,
}

impl Kind {
    /// What stands in its place. It is found by no rule itself.
    const fn mask(self) -> &'static str {
        match self {
            Kind::AwsKey => "[masked: AWS key]",
            Kind::GitHubToken => "[masked: GitHub token]",
            Kind::GitLabToken => "[masked: GitLab token]",
            Kind::SlackToken => "[masked: Slack token]",
            Kind::GoogleKey => "[masked: Google key]",
            Kind::StripeKey => "[masked: Stripe key]",
            Kind::Jwt => "[masked: JWT]",
            Kind::PrivateKey => "[masked: private key]",
            Kind::Credentials => "[masked: credentials]",
            Kind::Password => "[masked: password]",
            Kind::Secret => "[masked: secret]",
            Kind::Token => "[masked: token]",
            Kind::ApiKey => "[masked: API key]",
            Kind::Card => "[masked: card number]",
        }
    }
}

/// Where a secret stands in a text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    at: Range<usize>,
    kind: Kind,
}

/// How often a text with hidden characters is looked through. Two are enough unless somebody plays.
const PASSES: usize = 8;

/// The text with `[masked: …]` in place of each secret. Masking again changes nothing.
///
/// Characters that cleaning made visible within a secret, `<U+200B>`, do not hide it; so clean first.
pub fn mask(text: &str) -> Cow<'_, str> {
    let (found, has_marks) = scan::all(text);
    if !has_marks {
        return replace(text, &found);
    }
    let mut masked = Cow::Borrowed(text);
    // Marks stand between what becomes one word without them, until a part of it is masked.
    for _ in 0..PASSES {
        let found = together(scan::all(&masked).0, hidden::all(&masked));
        if found.is_empty() {
            break;
        }
        masked = Cow::Owned(replace(&masked, &found).into_owned());
    }
    masked
}

/// What either found, in order; where both did, all of it.
fn together(mut found: Vec<Found>, more: Vec<Found>) -> Vec<Found> {
    found.extend(more);
    found.sort_by_key(|one| one.at.start);
    found.dedup_by(|next, one| {
        let overlaps = next.at.start < one.at.end;
        if overlaps {
            one.at.end = one.at.end.max(next.at.end);
        }
        overlaps
    });
    found
}

/// A clean line from outside without its secrets.
pub fn line(raw: &str) -> Line {
    Line::clean(&mask(&whole(raw, Shape::Line)))
}

/// A clean text from outside without its secrets.
pub fn text(raw: &str) -> Text {
    Text::clean(&mask(&whole(raw, Shape::Text)))
}

/// The beginning of a clean text from outside, of at most so many bytes. It is masked before it is cut, for half a secret is
/// not known for one.
pub fn beginning(raw: &str, bytes: usize) -> Text {
    let text = text(raw);
    match text.get(..text.floor_char_boundary(bytes)) {
        Some(beginning) if beginning.len() < text.len() => Text::clean(beginning),
        Some(_) | None => text,
    }
}

/// The value of something that has a name: one that is called a password is masked whatever it is.
pub fn value(name: &str, raw: &str) -> Line {
    match named::always_secret(name) {
        Some(kind) if !raw.is_empty() => Line::clean(kind.mask()),
        _ => line(raw),
    }
}

/// Clean, and not cut: half a secret would not be known for one.
fn whole(raw: &str, shape: Shape) -> Cow<'_, str> {
    let short = clean(raw, shape);
    if short.ends_with('…') { clean(raw, Shape::Output) } else { short }
}

/// The text with masks in place of what was found, which is in order.
fn replace<'a>(text: &'a str, found: &[Found]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Found { at, kind } in found {
        out.push_str(text.get(from..at.start).unwrap_or_default());
        out.push_str(kind.mask());
        from = at.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}
