//! The files beside the journal: `tokens.json` with the hashes, and `token` with the first token. Both are for their
//! owner only, and are replaced as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::secret::Secret;
use super::tokens::Record;
use crate::hub::error::HubError;

const OWNER_ONLY: u32 = 0o600;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    tokens: Vec<Record>,
}

/// Where the tokens of one hub lie.
#[derive(Debug, Clone)]
pub struct TokenFiles {
    all: PathBuf,
    first: PathBuf,
}

impl TokenFiles {
    pub fn in_folder(folder: &Path) -> Self {
        TokenFiles { all: folder.join("tokens.json"), first: folder.join("token") }
    }

    /// The file with the token that the first start makes.
    pub fn first(&self) -> &Path {
        &self.first
    }

    pub(super) fn load(&self) -> Result<Option<Vec<Record>>, HubError> {
        let metadata = match fs::metadata(&self.all) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(HubError::file(&self.all, error)),
        };
        if metadata.mode() & 0o077 != 0 {
            let why = "others can read or change it; run `chmod 600` on it, and replace its tokens if others had access";
            return Err(HubError::file(&self.all, why));
        }
        let raw = fs::read(&self.all).map_err(|error| HubError::file(&self.all, error))?;
        let kept: Kept = serde_json::from_slice(&raw).map_err(|error| HubError::file(&self.all, error))?;
        if kept.version != 1 {
            let why =
                format!("it has format {}, and this warroom knows 1; use a newer warroom", kept.version);
            return Err(HubError::file(&self.all, why));
        }
        Ok(Some(kept.tokens))
    }

    pub(super) fn save(&self, records: &[Record]) -> Result<(), HubError> {
        let kept = Kept { version: 1, tokens: records.to_vec() };
        let text = serde_json::to_vec_pretty(&kept).map_err(|error| HubError::file(&self.all, error))?;
        replace(&self.all, &text).map_err(|error| HubError::file(&self.all, error))
    }

    pub(super) fn write_first(&self, secret: &Secret) -> Result<(), HubError> {
        let text = format!("{}\n", secret.reveal());
        replace(&self.first, text.as_bytes()).map_err(|error| HubError::file(&self.first, error))
    }
}

/// After this the file is the new one on disk, or still the old one.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_files_are_for_their_owner_only_and_one_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = TokenFiles::in_folder(folder.path());
        files.save(&[]).unwrap();
        assert_eq!(fs::metadata(&files.all).unwrap().mode() & 0o777, OWNER_ONLY);
        assert!(files.load().unwrap().is_some());
        fs::set_permissions(&files.all, fs::Permissions::from_mode(0o640)).unwrap();
        let error = files.load().unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_file_left_by_a_crash_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let files = TokenFiles::in_folder(folder.path());
        fs::write(files.all.with_extension("new"), "half").unwrap();
        files.save(&[]).unwrap();
        assert_eq!(files.load().unwrap(), Some(Vec::new()));
    }
}
