//! A library before the C library, under whose eyes every operation on the journal's files happens: see `shim.c`.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::run;

pub const EIO: i32 = 5;
pub const ENOSPC: i32 = 28;

pub struct Shim {
    folder: TempDir,
}

/// What happens to operations from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    None,
    FailWrites(i32),
    FailSyncs(i32),
    SlowSyncs { millis: u32 },
}

impl Shim {
    /// Compiles it; `cc` must be there.
    pub fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/means/shim.c");
        let library = folder.path().join("shim.so");
        run(&[
            "cc",
            "-std=gnu11",
            "-w",
            "-O1",
            "-shared",
            "-fPIC",
            "-o",
            library.to_str().unwrap(),
            source,
            "-ldl",
        ]);
        let shim = Shim { folder };
        shim.order(Order::None);
        shim
    }

    /// The variables of a process that is to be under it, as far as files go whose path holds `path`.
    pub fn env(&self, path: &str) -> Vec<(String, String)> {
        let library = self.folder.path().join("shim.so");
        [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAULT_PATH", path.to_owned()),
            ("FAULT_CONTROL", self.control().display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// From the next operation on.
    pub fn order(&self, order: Order) {
        let words = match order {
            Order::None => "none 0".to_owned(),
            Order::FailWrites(error) => format!("write {error}"),
            Order::FailSyncs(error) => format!("fsync {error}"),
            Order::SlowSyncs { millis } => format!("slow {millis}"),
        };
        // Renamed, so that nobody reads half of it.
        let fresh = self.folder.path().join("control.new");
        fs::write(&fresh, words).unwrap();
        fs::rename(fresh, self.control()).unwrap();
    }

    fn control(&self) -> PathBuf {
        self.folder.path().join("control")
    }
}
