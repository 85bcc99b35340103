//! What sloth and pyrra promise, written as OpenSLO: for whom warroom is not the first to ask for a document.
//!
//! What cannot be carried over is a warning; an SLO that cannot be written at all is an error.

mod document;
mod pyrra;
mod sloth;

use self::document::Document;
use super::field::{Field, Report};
use super::{SourceFile, nodes, object};
use crate::slo::finding::{Finding, Level};

/// What one file comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// OpenSLO documents; empty when none could be written.
    pub yaml: String,
    /// How many there are.
    pub slos: usize,
    pub findings: Vec<Finding>,
}

impl Imported {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }
}

/// Reads the documents of one file, each of whichever kind it is.
pub fn import(file: &SourceFile<'_>) -> Imported {
    let mut report = Report::new(file.name);
    let mut documents: Vec<Document> = Vec::new();
    for node in nodes(file, &mut report) {
        let root = Field::root(&node);
        let text = |key: &str| root.get(key).and_then(|field| field.text(&mut Report::new("")));
        let (version, api) = (text("version"), text("apiVersion"));
        match (version.as_deref(), api.as_deref()) {
            (Some("prometheus/v1"), _) => documents.extend(sloth::read(&root, sloth::PLAIN, &mut report)),
            (_, Some("sloth.slok.dev/v1")) => documents.extend(sloth::kubernetes(&root, &mut report)),
            (_, Some("pyrra.dev/v1alpha1")) => documents.extend(pyrra::read(&root, &mut report)),
            (_, Some(openslo)) if openslo.starts_with("openslo") => report.error(
                &root,
                "this is OpenSLO already; `warroom slo check` says what of it is understood",
            ),
            (_, _) => report.error(
                &root,
                "this is neither of sloth (version: prometheus/v1, or apiVersion: sloth.slok.dev/v1) nor of pyrra (apiVersion: pyrra.dev/v1alpha1); name a file that is",
            ),
        }
    }
    for (at, document) in documents.iter().enumerate() {
        if documents.iter().take(at).any(|before| before.name == document.name) {
            let told = format!(
                "there are two SLOs `{}`; rename one of them, or only the first is read",
                document.name
            );
            report.add(Level::Warning, document.line, "", &told);
        }
    }
    let yaml = documents.iter().map(Document::yaml).collect::<Vec<_>>().join("---\n");
    Imported { yaml, slos: documents.len(), findings: report.finish() }
}

/// Warns of every field that is not among `known`.
fn not_carried(field: &Field<'_>, known: &[&str], report: &mut Report) {
    for (key, field) in field.fields().filter(|(key, _)| !known.contains(key)) {
        report.warn(&field, format!("`{key}` is not carried over: OpenSLO has no place for it"));
    }
}

/// A name as OpenSLO wants it.
fn name(raw: &str, at: &Field<'_>, report: &mut Report) -> String {
    let label = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mut name: String = raw.chars().map(label).collect::<String>().trim_matches('-').to_owned();
    // ASCII by now.
    name.truncate(63);
    let name = name.trim_end_matches('-').to_owned();
    if name != raw {
        report.warn(at, format!("`{raw}` is no name of OpenSLO; it is written as `{name}`"));
    }
    debug_assert!(name.is_empty() || object::is_label(&name));
    name
}

/// Texts by name, such as labels; what is no text is left out, and said.
fn texts(field: Option<Field<'_>>, report: &mut Report) -> Vec<(String, String)> {
    let Some(field) = field else { return Vec::new() };
    let text = |(key, field): (&str, Field<'_>)| Some((key.to_owned(), label_text(&field, report)?));
    field.fields().filter_map(text).collect()
}

fn label_text(field: &Field<'_>, report: &mut Report) -> Option<String> {
    match field.node.value {
        super::node::Value::Bool(value) => Some(value.to_string()),
        _ => field.text(report),
    }
}

#[cfg(test)]
mod tests;
