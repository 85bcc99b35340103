//! `warroom slo`: what the hub knows, and whether documents are right before they go there.

use super::exit::Exit;
use super::output::Output;
use super::session::Session;

pub async fn list(session: &Session, output: Output) -> Result<(), Exit> {
    let slos = session.all(async |client, part| client.slos(part).await).await?;
    output.slos(&slos)
}

/// Reads documents as the hub would, and tells every finding with file and line.
///
/// # Errors
///
/// The answer is no when a document is wrong; wrong use when a file cannot be read.
#[cfg(feature = "hub")]
pub fn check(output: Output, files: &[std::path::PathBuf]) -> Result<(), Exit> {
    let read = crate::hub::slo_files::load(files).map_err(|error| Exit::usage(error.to_string()))?;
    match output {
        Output::Programs => output.json(&read.findings)?,
        Output::People => {
            read.findings.iter().try_for_each(|finding| output.line(&finding.to_string()))?;
            let slos = read.slos.len();
            output.say(&format!("{slos} SLO{} can be computed", if slos == 1 { "" } else { "s" }));
        }
    }
    if read.has_errors() { Err(Exit::no(String::new())) } else { Ok(()) }
}

/// Writes what sloth or pyrra reads as OpenSLO: documents to stdout, and to stderr what they had and OpenSLO has not.
///
/// # Errors
///
/// The answer is no when an SLO could not be written, after the others were; wrong use when the file cannot be read.
#[cfg(feature = "hub")]
pub fn import(output: Output, file: &std::path::Path) -> Result<(), Exit> {
    use crate::slo::openslo::{SourceFile, import};

    let name = file.display().to_string();
    let bytes = crate::hub::slo_files::content(file).map_err(|error| Exit::usage(error.to_string()))?;
    let imported = import::import(&SourceFile { name: &name, bytes: &bytes });
    match output {
        Output::Programs => output.json(
            &serde_json::json!({"documents": imported.yaml, "slos": imported.slos, "findings": imported.findings}),
        )?,
        Output::People => {
            if imported.slos > 0 {
                output.line(imported.yaml.trim_end())?;
            }
            imported.findings.iter().for_each(|finding| output.say(&finding.to_string()));
        }
    }
    if imported.has_errors() { Err(Exit::no(String::new())) } else { Ok(()) }
}
