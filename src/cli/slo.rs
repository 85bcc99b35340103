//! `warroom slo`: what the hub knows, and whether documents are right before they go there.

use super::output::Output;
use super::session::{Exit, Session, all};

pub async fn list(session: &Session, output: Output) -> Result<(), Exit> {
    output.slos(&all(|part| async move { session.client.slos(&part).await }).await?)
}

/// Reads documents as the hub would, and tells every finding with file and line.
///
/// # Errors
///
/// Exit code 1 when a document is wrong.
#[cfg(feature = "hub")]
pub fn check(output: Output, files: &[std::path::PathBuf]) -> Result<(), Exit> {
    use crate::slo::finding::Level;
    let read = crate::hub::slo_files::load(files).map_err(|error| Exit::usage(error.to_string()))?;
    match output {
        Output::Programs => output.json(&read.findings)?,
        Output::People => {
            read.findings.iter().try_for_each(|finding| output.line(&finding.to_string()))?;
            let slos = read.slos.len();
            output.say(&format!("{slos} SLO{} can be computed", if slos == 1 { "" } else { "s" }));
        }
    }
    let errors = read.findings.iter().filter(|finding| finding.level == Level::Error).count();
    match errors {
        0 => Ok(()),
        1 => Err(Exit::no("1 error".to_owned())),
        errors => Err(Exit::no(format!("{errors} errors"))),
    }
}
