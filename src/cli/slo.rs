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
