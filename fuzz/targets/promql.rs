//! Queries and windows: what is understood is asked with balanced brackets, and a window is the same when written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::slo::Window;
use warroom::slo::promql::EventQuery;

fuzz_target!(|data: &[u8]| {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    if let Ok((query, _)) = EventQuery::parse(raw) {
        let asked = query.over("5m");
        assert!(asked.starts_with("sum(") && asked.ends_with(')') && asked.contains("5m"), "{asked}");
        assert!(closes_itself(&asked), "{asked}");
        assert!(!query.differs_in_unit(&query));
    }
    if let Ok(window) = raw.parse::<Window>() {
        assert_eq!(window.to_string().parse(), Ok(window));
        assert!(!window.promql().is_empty());
    }
});

/// The query is one expression: nothing in it closes what stands around it, or runs over its end.
fn closes_itself(query: &str) -> bool {
    let mut open = Vec::new();
    let mut chars = query.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' => {
                let Some(opened) = open.pop() else { return false };
                if !matches!((opened, c), ('(', ')') | ('[', ']') | ('{', '}')) {
                    return false;
                }
                if open.is_empty() && !chars.as_str().is_empty() {
                    return false;
                }
            }
            '"' | '\'' | '`' => loop {
                match chars.next() {
                    None => return false,
                    Some('\\') if c != '`' => drop(chars.next()),
                    Some(end) if end == c => break,
                    Some(_) => {}
                }
            },
            _ => {}
        }
    }
    open.is_empty()
}
