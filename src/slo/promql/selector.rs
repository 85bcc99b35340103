//! Recognises the few forms of query that name counters and nothing else.

use super::scan::quoted_len;

/// What a query counts.
pub(super) struct Counted<'a> {
    /// The whole selector, as written.
    pub selector: &'a str,
    /// The metric's name; empty when only its labels name it.
    pub name: &'a str,
    /// The range that stood in the query.
    pub range: Option<&'a str>,
}

/// `SELECTOR`, `rate(SELECTOR[RANGE])`, `increase(…)`, and `sum(…)` or parentheses around any of them.
pub(super) fn counted(expression: &str) -> Option<Counted<'_>> {
    let mut expression = expression.trim();
    while let Some(inner) = call(expression, "").or_else(|| call(expression, "sum")) {
        expression = inner;
    }
    let Some(ranged) = call(expression, "rate").or_else(|| call(expression, "increase")) else {
        return Some(Counted { selector: expression, name: selector_name(expression)?, range: None });
    };
    let (selector, range) = ranged.strip_suffix(']')?.rsplit_once('[')?;
    let (selector, range) = (selector.trim(), range.trim());
    if range.is_empty() || !range.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    Some(Counted { selector, name: selector_name(selector)?, range: Some(range) })
}

/// What stands in the parentheses of `name(…)`, if that is the whole expression. Names ignore case, as `SUM` does.
fn call<'a>(expression: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = expression.split_at_checked(name.len())?;
    if !head.eq_ignore_ascii_case(name) {
        return None;
    }
    let inner = rest.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    // `(a) + (b)` passes here too; what is left of it, `a) + (b`, is no selector.
    Some(inner.trim())
}

/// The metric's name, if the whole text is one selector without modifiers.
fn selector_name(text: &str) -> Option<&str> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start();
    if rest.is_empty() {
        return (!name.is_empty()).then_some(name);
    }
    let matchers = rest.strip_prefix('{')?.strip_suffix('}')?.trim();
    if matchers.is_empty() {
        return (!name.is_empty()).then_some(name);
    }
    all_matchers(matchers).then_some(name)
}

/// `label op "value"`, or the quoted name of a metric (Prometheus 3), with commas between and perhaps one at the end.
fn all_matchers(mut text: &str) -> bool {
    while !text.is_empty() {
        let Some(rest) = matcher(text) else { return false };
        let rest = rest.trim_start();
        text = match rest.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.is_empty() => rest,
            None => return false,
        };
    }
    true
}

/// What follows one matcher.
fn matcher(text: &str) -> Option<&str> {
    let (after_label, quoted) = match quoted(text) {
        Some(after) => (after, true),
        None => {
            let after = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if after.len() == text.len() {
                return None;
            }
            (after, false)
        }
    };
    let after_label = after_label.trim_start();
    let operator = ["=~", "!~", "!=", "="].iter().find_map(|operator| after_label.strip_prefix(operator));
    match operator {
        Some(value) => self::quoted(value.trim_start()),
        None => quoted.then_some(after_label),
    }
}

/// What follows a quoted text, if there is one at the start.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    text.get(quoted_len(text, quote).ok()?..)
}
