//! Reads OpenSLO v1 documents (<https://github.com/OpenSLO/OpenSLO>), leniently: the specification's own examples do not
//! pass OpenSLO's own checker, so everything from which a figure follows is read, and everything odd is said.
//!
//! What this version does not compute is an error that says so. It is never taken for something else.
//!
//! ```text
//! parse ──▶ node ──▶ object ──▶ slo: window (calendar), objective, sli (datasource), alerting (alert) ──▶ Slo
//! import: sloth, pyrra ──▶ OpenSLO in YAML
//! ```

mod alert;
mod alerting;
mod calendar;
mod datasource;
mod field;
pub mod import;
mod named;
mod node;
mod object;
mod objective;
mod parse;
mod sli;
mod slo;
mod window;

use std::collections::HashSet;

pub use parse::MAX_FILE_BYTES;

use self::alert::Policies;
use self::datasource::DataSources;
use self::field::{Field, Report};
use self::node::Node;
use self::object::{Kind, Object};
use self::sli::Indicators;
use super::finding::{Finding, Level};
use super::slo::Slo;

/// A file as it was found; its name is for findings only.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// What a set of files comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Those that can be measured, in the order of files and documents; no two have the same name.
    pub slos: Vec<Slo>,
    /// By file, in the order in which they were handed in, and by line.
    pub findings: Vec<Finding>,
}

impl Reading {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }
}

/// Reads all files as one set: an object may refer to one in another file.
pub fn read(files: &[SourceFile<'_>]) -> Reading {
    let mut reports: Vec<Report> = files.iter().map(|file| Report::new(file.name)).collect();
    let nodes: Vec<Vec<Node>> =
        files.iter().zip(&mut reports).map(|(file, report)| nodes(file, report)).collect();

    // One report a file; objects are read with the report of their file.
    let mut objects: Vec<(Object<'_>, usize)> = Vec::new();
    for (at, (nodes, report)) in nodes.iter().zip(&mut reports).enumerate() {
        objects.extend(nodes.iter().filter_map(|node| Some((Object::read(Field::root(node), report)?, at))));
    }

    // What is referred to is read before what refers to it.
    let mut sources = DataSources::new();
    each(&objects, Kind::DataSource, &mut reports, |object, report| sources.read(object, report));
    let mut indicators = Indicators::new();
    each(&objects, Kind::Sli, &mut reports, |object, report| indicators.read(object, &sources, report));
    let mut policies = Policies::new();
    each(&objects, Kind::AlertCondition, &mut reports, |object, report| {
        policies.read_condition(object, report)
    });
    each(&objects, Kind::AlertPolicy, &mut reports, |object, report| policies.read(object, report));
    let known = slo::Known { indicators: &indicators, sources: &sources, policies: &policies };
    let mut slos: Vec<Slo> = Vec::new();
    let mut names = HashSet::new();
    each(&objects, Kind::Slo, &mut reports, |object, report| {
        for slo in slo::read(object, &known, report) {
            if names.insert(slo.name.clone()) {
                slos.push(slo);
            } else {
                report.error(
                    &object.root,
                    format!("there is another SLO `{}`; give this one another name", slo.name),
                );
            }
        }
    });

    Reading { slos, findings: reports.into_iter().flat_map(Report::finish).collect() }
}

fn nodes(file: &SourceFile<'_>, report: &mut Report) -> Vec<Node> {
    let nodes = parse::objects(file.bytes).unwrap_or_else(|error| {
        report.add(Level::Error, error.line(), "", &error.to_string());
        Vec::new()
    });
    if nodes.is_empty() && !report.has_findings() {
        // Most likely cut off when it was written, and not meant to say that nothing is promised.
        report.add(Level::Error, None, "", "the file holds no document; write an SLO into it, or remove it");
    }
    nodes
}

fn each<'a>(
    objects: &[(Object<'a>, usize)],
    kind: Kind,
    reports: &mut [Report],
    mut read: impl FnMut(&Object<'a>, &mut Report),
) {
    for (object, file) in objects.iter().filter(|(object, _)| object.kind == kind) {
        if let Some(report) = reports.get_mut(*file) {
            read(object, report);
        }
    }
}

#[cfg(test)]
mod tests;
