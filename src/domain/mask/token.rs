//! Secrets that their makers gave a form of their own, so that they are found.

use super::scan::Scan;
use super::{Found, Kind};

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_base64url(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_with_dots(byte: u8) -> bool {
    is_base64url(byte) || byte == b'.'
}

/// A form: what it begins with, and at least so many characters of a kind behind that.
struct Form {
    prefix: &'static [u8],
    least: usize,
    is: fn(u8) -> bool,
    kind: Kind,
}

impl Form {
    const fn new(prefix: &'static [u8], least: usize, is: fn(u8) -> bool, kind: Kind) -> Self {
        Form { prefix, least, is, kind }
    }

    /// The secret whose prefix ends here, with all that may belong to it: makers lengthen what they make.
    fn found(&self, scan: &Scan<'_>, end: usize) -> Option<Found> {
        let at = end.checked_sub(self.prefix.len()).filter(|at| *at >= scan.from)?;
        if !scan.before(end).ends_with(self.prefix) || !scan.begins(at) {
            return None;
        }
        let run = scan.run(end, self.is);
        // What ends a sentence is not part of it.
        let behind = scan.bytes.get(end..run).unwrap_or_default();
        let len = behind.iter().rposition(|byte| !matches!(byte, b'.' | b'-')).map_or(0, |last| last + 1);
        (len >= self.least).then_some(Found { at: at..end + len, kind: self.kind })
    }
}

const GITHUB: [Form; 5] = [
    Form::new(b"ghp_", 20, is_with_dots, Kind::GitHubToken),
    Form::new(b"gho_", 20, is_with_dots, Kind::GitHubToken),
    Form::new(b"ghs_", 20, is_with_dots, Kind::GitHubToken),
    Form::new(b"ghu_", 20, is_with_dots, Kind::GitHubToken),
    Form::new(b"ghr_", 20, is_with_dots, Kind::GitHubToken),
];
const GITHUB_PAT: Form = Form::new(b"github_pat_", 20, is_word, Kind::GitHubToken);

const STRIPE: [Form; 2] = [
    Form::new(b"sk_live_", 16, |byte| byte.is_ascii_alphanumeric(), Kind::StripeKey),
    Form::new(b"rk_live_", 16, |byte| byte.is_ascii_alphanumeric(), Kind::StripeKey),
];

const GITLAB: Form = Form::new(b"glpat-", 20, is_with_dots, Kind::GitLabToken);

const SLACK: [Form; 6] = [
    Form::new(b"xoxa-", 10, is_base64url, Kind::SlackToken),
    Form::new(b"xoxb-", 10, is_base64url, Kind::SlackToken),
    Form::new(b"xoxe-", 10, is_base64url, Kind::SlackToken),
    Form::new(b"xoxp-", 10, is_base64url, Kind::SlackToken),
    Form::new(b"xoxr-", 10, is_base64url, Kind::SlackToken),
    Form::new(b"xoxs-", 10, is_base64url, Kind::SlackToken),
];

const AWS: [Form; 2] = [
    Form::new(b"AKIA", 16, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit(), Kind::AwsKey),
    Form::new(b"ASIA", 16, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit(), Kind::AwsKey),
];

const GOOGLE: Form = Form::new(b"AIza", 35, is_base64url, Kind::GoogleKey);

/// At the `_` that ends a prefix.
pub(super) fn with_underscore(scan: &Scan<'_>, at: usize) -> Option<Found> {
    match scan.before(at) {
        [.., b'g', b'h', _] => GITHUB.iter().find_map(|form| form.found(scan, at + 1)),
        [.., b'p', b'a', b't'] => GITHUB_PAT.found(scan, at + 1),
        [.., b'l', b'i', b'v', b'e'] => STRIPE.iter().find_map(|form| form.found(scan, at + 1)),
        _ => None,
    }
}

/// At the `-` that ends a prefix.
pub(super) fn with_dash(scan: &Scan<'_>, at: usize) -> Option<Found> {
    match scan.before(at) {
        [.., b'p', b'a', b't'] => GITLAB.found(scan, at + 1),
        [.., b'x', b'o', b'x', _] => SLACK.iter().find_map(|form| form.found(scan, at + 1)),
        _ => None,
    }
}

/// At the `I` within a prefix.
pub(super) fn with_upper_i(scan: &Scan<'_>, at: usize) -> Option<Found> {
    match scan.rest(at) {
        [_, b'A', ..] => AWS.iter().find_map(|form| form.found(scan, at + 2)),
        [_, b'z', b'a', ..] => GOOGLE.found(scan, at + 3),
        _ => None,
    }
}

/// At the `J` of `eyJ`, which is `{"` in base64: two parts that are JSON or three of which the first is, and what follows
/// them.
pub(super) fn jwt(scan: &mut Scan<'_>, at: usize) -> Option<Found> {
    let from = at.checked_sub(2).filter(|from| *from >= scan.from && at >= scan.no_jwt)?;
    if !scan.before(at).ends_with(b"ey") || !scan.begins(from) {
        return None;
    }
    let header = scan.run(from, is_base64url);
    scan.no_jwt = header;
    if header - from < 10 || scan.bytes.get(header) != Some(&b'.') {
        return None;
    }
    let payload = scan.run(header + 1, is_base64url);
    scan.no_jwt = payload;
    if payload - header < 6 {
        return None;
    }
    let mut end = payload;
    for _ in 0..3 {
        let next = scan.run(end + 1, is_base64url);
        if scan.bytes.get(end) != Some(&b'.') || next == end + 1 {
            break;
        }
        end = next;
    }
    let is_json = scan.rest(header + 1).starts_with(b"eyJ");
    (end > payload || is_json).then_some(Found { at: from..end, kind: Kind::Jwt })
}
