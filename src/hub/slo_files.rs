//! Finds OpenSLO documents on disk. The hub reads its folder with this, and `slo check` what it is given.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::slo::openslo::{self, MAX_FILE_BYTES, Reading, SourceFile};

/// More files are a wrong folder.
const MAX_FILES: usize = 2_000;

/// Folders within folders.
const MAX_DEPTH: usize = 8;

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

#[derive(Debug, Error)]
pub enum SloFilesError {
    #[error("`{}` cannot be read ({error}); look at the path and its permissions", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("`{}` holds more than {MAX_FILES} files or lies too deep; name the folder of the SLOs itself", .0.display())]
    TooMany(PathBuf),
}

/// Reads files, and of folders all `.yaml`, `.yml` and `.json` files below them, as one set. Names that begin with a dot
/// are passed over. Blocks while it reads.
///
/// # Errors
/// When a file or folder cannot be read; what is wrong within a file is a finding.
pub fn load(paths: &[PathBuf]) -> Result<Reading, SloFilesError> {
    let mut found = Vec::new();
    for path in paths {
        if is_folder(path)? {
            collect(path, 0, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    let mut files = Vec::new();
    for path in found {
        files.push((path.display().to_string(), content(&path)?));
    }
    let files: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    Ok(openslo::read(&files))
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), SloFilesError> {
    if depth > MAX_DEPTH {
        return Err(SloFilesError::TooMany(folder.to_owned()));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        paths.push(entry.map_err(|error| unreadable(folder, error))?.path());
    }
    // The order of a directory is nobody's; the first of two objects with one name has to be the same every time.
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if is_folder(&path)? {
            collect(&path, depth + 1, found)?;
        } else if path.extension().and_then(|ext| ext.to_str()).is_some_and(|ext| EXTENSIONS.contains(&ext)) {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(SloFilesError::TooMany(folder.to_owned()));
        }
    }
    Ok(())
}

/// Links are followed: Kubernetes mounts a folder of settings as links.
fn is_folder(path: &Path) -> Result<bool, SloFilesError> {
    fs::metadata(path).map(|about| about.is_dir()).map_err(|error| unreadable(path, error))
}

/// The bytes of one file; no more than what shows that it is too large.
///
/// # Errors
/// When it cannot be read.
pub fn content(path: &Path) -> Result<Vec<u8>, SloFilesError> {
    let read = || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: io::Error) -> SloFilesError {
    SloFilesError::Unreadable { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("../../slos/checkout.yaml");
        for (n, name) in files.iter().enumerate() {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = text.replace("checkout-availability", &format!("slo-{n}"));
            let text = text.replace("shop-prometheus", &format!("prometheus-{n}"));
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_sample_that_we_ship_has_no_findings() {
        let reading = load(&[PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/slos"))]).unwrap();
        assert_eq!(reading.findings, []);
        assert!(reading.slos.iter().any(|slo| slo.name == "checkout-availability"));
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_names_without_what_is_hidden_or_something_else() {
        let folder = folder(&["b.yaml", "a.yml", "c/d.json", ".hidden.yaml", "..data/e.yaml", "readme.md"]);
        let reading = load(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = reading.slos.iter().map(|slo| slo.name.as_str()).collect();
        assert_eq!(names, ["slo-1", "slo-0", "slo-2"]);
        assert_eq!(reading.findings, []);
    }

    #[test]
    fn a_file_that_is_named_is_read_whatever_it_is_called() {
        let folder = folder(&["slo.txt"]);
        assert_eq!(load(&[folder.path().join("slo.txt")]).unwrap().slos.len(), 1);
    }

    #[test]
    fn a_huge_file_is_a_finding_and_a_missing_one_an_error() {
        let folder = folder(&[]);
        fs::write(folder.path().join("huge.yaml"), vec![b'#'; 3 * MAX_FILE_BYTES]).unwrap();
        let reading = load(&[folder.path().to_owned()]).unwrap();
        assert!(reading.findings.iter().any(|finding| finding.message.contains("larger than")));
        let told = load(&[folder.path().join("gone.yaml")]).unwrap_err().to_string();
        assert!(told.contains("gone.yaml") && told.contains("permissions"), "{told}");
    }
}
