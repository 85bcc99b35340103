//! One pass over a query that knows what is quoted: takes comments out, and splits it where the window goes.

use super::NotUnderstood;

/// The text around the placeholders of the window; one piece when there is none. Parentheses match within the whole.
pub(super) fn pieces(raw: &str) -> Result<Vec<String>, NotUnderstood> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut open = Vec::new();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '"' | '\'' | '`' => {
                let (quoted, after) = rest.split_at_checked(quoted_len(rest, c)?).unwrap_or((rest, ""));
                piece.push_str(quoted);
                rest = after;
                continue;
            }
            '#' => {
                rest = behind.split_once('\n').map_or("", |(_, after)| after);
                piece.push(' ');
                continue;
            }
            '$' => {
                rest = variable(behind)?;
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            '{' if behind.starts_with('{') => {
                rest = template(rest)?;
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(c) => return Err(NotUnderstood::Unbalanced),
            _ => {}
        }
        piece.push(c);
        rest = behind;
    }
    if !open.is_empty() {
        return Err(NotUnderstood::Unbalanced);
    }
    pieces.push(piece);
    Ok(pieces)
}

/// Bytes of the quoted text at the start of `text`, quotes included. Backslashes mean nothing between backticks.
pub(super) fn quoted_len(text: &str, quote: char) -> Result<usize, NotUnderstood> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return Ok(at + c.len_utf8()),
            _ => {}
        }
    }
    Err(NotUnderstood::OpenQuote)
}

/// What follows `$window` or `${window}`; `text` begins behind the dollar sign.
fn variable(text: &str) -> Result<&str, NotUnderstood> {
    if let Some(after) = text.strip_prefix("{window}") {
        return Ok(after);
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !word(c)).unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some(("window", after)) => Ok(after),
        Some((name, _)) => Err(NotUnderstood::Placeholder(format!("${name}"))),
        None => Err(NotUnderstood::Placeholder("$".to_owned())),
    }
}

/// What follows `{{ .window }}`, at which `text` begins.
fn template(text: &str) -> Result<&str, NotUnderstood> {
    let Some((written, after)) = text.trim_start_matches('{').split_once("}}") else {
        return Err(NotUnderstood::Unbalanced);
    };
    match written.trim() {
        ".window" | "window" => Ok(after),
        _ => Err(NotUnderstood::Placeholder(format!("{{{{{written}}}}}"))),
    }
}
