//! From the bytes of a file to its objects, with limits that no honest file meets.

use thiserror::Error;

use super::node::{Node, Value};
use crate::domain::text::Line;

/// Bytes of one file.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Why nothing of a file could be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ParseError {
    #[error("the file is larger than 1 MiB; split it into several")]
    TooLarge,
    #[error("the file is not UTF-8; save it as UTF-8")]
    NotUtf8,
    #[error("the file is not YAML or JSON that can be read: {message}; correct that place")]
    Syntax { message: Line, line: Option<u32> },
}

impl ParseError {
    pub(super) const fn line(&self) -> Option<u32> {
        match self {
            ParseError::Syntax { line, .. } => *line,
            ParseError::TooLarge | ParseError::NotUtf8 => None,
        }
    }
}

/// The objects of a file: one, several documents, or lists of objects. An empty file has none.
pub(super) fn objects(bytes: &[u8]) -> Result<Vec<Node>, ParseError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ParseError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ParseError::NotUtf8)?;
    let documents = match serde_saphyr::from_multiple_with_options::<Node>(text, options()) {
        Ok(documents) => documents,
        // JSON is YAML, but for tabs and a few other things that JSON writers do.
        Err(error) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(document) => vec![Node::from(document)],
            Err(_) => return Err(syntax(&error)),
        },
    };
    let mut objects = Vec::new();
    for document in documents {
        match document.value {
            Value::List(items) => objects.extend(items),
            Value::Null => {}
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            flow_nesting_limit: 32,
            max_nodes: 100_000,
            max_events: 250_000,
            max_documents: 1_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_merge_keys: 100,
            max_recorded_anchor_events: 50_000,
            max_recorded_anchor_bytes: 1024 * 1024,
            max_total_scalar_bytes: 4 * 1024 * 1024,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 16,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    }
}

fn syntax(error: &serde_saphyr::Error) -> ParseError {
    let line = error.location().and_then(|at| u32::try_from(at.line()).ok()).filter(|line| *line > 0);
    ParseError::Syntax { message: Line::clean(&error.to_string()), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_lists_are_flattened_into_objects() {
        for (text, count) in [
            ("a: 1", 1),
            ("---\na: 1\n---\na: 2\n", 2),
            ("- a: 1\n- a: 2\n---\na: 3", 3),
            ("{\"a\":\t1}", 1),
            ("[\n\t{\"a\": 1},\n\t{\"a\": 2}\n]", 2),
            ("", 0),
            ("# nothing\n---\n---\n", 0),
        ] {
            assert_eq!(objects(text.as_bytes()).map(|objects| objects.len()), Ok(count), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let refused = objects(b"a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(matches!(refused, ParseError::Syntax { line: Some(2..), .. }), "{refused}");
        let twice = objects(b"kind: SLO\nkind: SLI\n").unwrap_err();
        assert_eq!(twice.line(), Some(2), "{twice}");
        assert_eq!(objects(b"name: caf\xe9"), Err(ParseError::NotUtf8));
        assert_eq!(objects(&vec![b' '; MAX_FILE_BYTES + 1]), Err(ParseError::TooLarge));
    }

    #[test]
    fn text_that_looks_like_a_time_stays_text() {
        let objects = objects(b"startTime: 2022-01-01 12:00:00\nlabel: 010\nanswer: no\n").unwrap();
        let Some(Value::Map(fields)) = objects.first().map(|object| &object.value) else {
            panic!("a mapping")
        };
        for (field, node) in fields {
            assert!(matches!(node.value, Value::Text(_)), "{field} is {}", node.value.what());
        }
        assert_eq!(fields.get(1).and_then(|(_, node)| node.line), Some(2));
    }

    #[test]
    fn bombs_are_refused_and_not_unfolded() {
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let previous = format!("*a{}, ", n - 1).repeat(9);
            laughs.push_str(&format!("a{n}: &a{n} [{previous}]\n"));
        }
        let deep = "[".repeat(100_000);
        let indented: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        let many = "---\na: 1\n".repeat(5_000);
        for bomb in [laughs, deep, indented, many] {
            assert!(matches!(objects(bomb.as_bytes()), Err(ParseError::Syntax { .. })));
        }
    }
}
