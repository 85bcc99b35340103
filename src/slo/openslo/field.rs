//! A place in a document, and the report that is written about it. Asking for a field that is not there, or of another
//! type, writes the finding and goes on.

use super::node::{Node, Value};
use crate::domain::text::Line;
use crate::slo::finding::{Finding, Level};

/// Findings kept of one file. The rest of a file that earns more is not worth reading.
const MAX_FINDINGS: usize = 200;

/// What is to be said of one file.
pub(super) struct Report {
    file: Line,
    findings: Vec<Finding>,
    dropped: usize,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Report { file: Line::clean(file), findings: Vec::new(), dropped: 0 }
    }

    pub(super) fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    pub(super) fn error(&mut self, at: &Field<'_>, message: impl AsRef<str>) {
        self.add(Level::Error, at.line(), &at.path, message.as_ref());
    }

    pub(super) fn warn(&mut self, at: &Field<'_>, message: impl AsRef<str>) {
        self.add(Level::Warning, at.line(), &at.path, message.as_ref());
    }

    pub(super) fn add(&mut self, level: Level, line: Option<u32>, path: &str, message: &str) {
        if self.findings.len() >= MAX_FINDINGS {
            self.dropped += 1;
            return;
        }
        let (path, message) = (Line::clean(path), Line::clean(message));
        self.findings.push(Finding { level, file: self.file.clone(), line, path, message });
    }

    /// In the order of the file's lines.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.line);
        if self.dropped > 0 {
            let message = format!("and {} more findings in this file; correct these first", self.dropped);
            let (file, path, message) = (self.file, Line::clean(""), Line::clean(&message));
            self.findings.push(Finding { level: Level::Warning, file, line: None, path, message });
        }
        self.findings
    }
}

/// A node with the way that led to it.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub node: &'a Node,
    /// `spec.objectives[0].target`
    pub path: String,
    /// The line of the nearest node that has one.
    fallback: Option<u32>,
}

impl<'a> Field<'a> {
    pub(super) const fn root(node: &'a Node) -> Self {
        Field { node, path: String::new(), fallback: None }
    }

    pub(super) fn line(&self) -> Option<u32> {
        self.node.line.or(self.fallback)
    }

    /// The field `key`; `None` when it is not there, or left empty.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let Value::Map(fields) = &self.node.value else { return None };
        let (_, node) = fields.iter().find(|(name, _)| name == key)?;
        (node.value != Value::Null).then(|| self.child(node, key))
    }

    fn child(&self, node: &'a Node, key: &str) -> Field<'a> {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Field { node, path, fallback: self.line() }
    }

    /// All fields, in the order of the document. Nothing for what is no mapping.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let fields: &'a [(String, Node)] = match &self.node.value {
            Value::Map(fields) => fields,
            _ => &[],
        };
        fields.iter().map(|(key, node)| (key.as_str(), self.child(node, key)))
    }

    /// The items of a list, or the one value that stands where a list is usual.
    pub(super) fn items(&self) -> Vec<Field<'a>> {
        match &self.node.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(n, node)| Field { node, path: format!("{}[{n}]", self.path), fallback: self.line() })
                .collect(),
            Value::Null => Vec::new(),
            _ => vec![self.clone()],
        }
    }

    /// Numbers are taken for text where text is wanted: a service may be called 42.
    pub(super) fn text(&self, report: &mut Report) -> Option<String> {
        match &self.node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            other => {
                report.error(
                    self,
                    format!("a text is wanted here, and this is {}; write a text", other.what()),
                );
                None
            }
        }
    }

    pub(super) fn number(&self, report: &mut Report) -> Option<f64> {
        match &self.node.value {
            Value::Number(number) => Some(*number),
            other => {
                let message =
                    format!("a number is wanted here, and this is {}; write a number", other.what());
                report.error(self, message);
                None
            }
        }
    }

    pub(super) fn required(&self, key: &str, report: &mut Report) -> Option<Field<'a>> {
        let found = self.get(key);
        if found.is_none() {
            let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
            report.add(Level::Error, self.line(), &path, &format!("`{key}` is missing; add it"));
        }
        found
    }

    /// Warns of every field that is not among `known`, with the nearest one that is.
    pub(super) fn warn_of_unknown(&self, known: &[&str], report: &mut Report) {
        for (key, field) in self.fields() {
            if known.contains(&key) {
                continue;
            }
            match nearest(key, known) {
                Some(meant) => report
                    .warn(&field, format!("`{key}` is not a field of OpenSLO v1; did you mean `{meant}`?")),
                None => {
                    let known = known.join(", ");
                    report.warn(
                        &field,
                        format!("`{key}` is not a field of OpenSLO v1 and is ignored; known here: {known}"),
                    );
                }
            }
        }
    }
}

/// The known word that differs from `word` in at most a third of its letters.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (distance(word, name), *name))
        .filter(|(distance, name)| distance * 3 <= name.len())
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's, without regard to case. Long words are not compared: they are no typing mistakes.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 {
        return usize::MAX / 4;
    }
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for ((y, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            next.push((diagonal + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_word_is_found_and_a_stranger_is_not() {
        let known = ["timeWindow", "objectives", "service"];
        for (word, meant) in [
            ("timewindow", Some("timeWindow")),
            ("timeWindows", Some("timeWindow")),
            ("objective", Some("objectives")),
            ("sevrice", Some("service")),
            ("markdown", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }

    #[test]
    fn a_file_cannot_fill_the_memory_with_findings() {
        let mut report = Report::new("a.yaml");
        for _ in 0..10_000 {
            report.add(Level::Error, None, "", "wrong");
        }
        let findings = report.finish();
        assert_eq!(findings.len(), MAX_FINDINGS + 1);
        assert!(findings.last().is_some_and(|last| last.message.contains("9800 more")));
    }
}
