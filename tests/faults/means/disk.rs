//! Disks of their own: an ext4 in a file, whose power can be cut, and a small tmpfs, which can be full.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{attempt, run};

/// `EXT4_IOC_SHUTDOWN`: from now on nothing reaches the disk, and what was not synced never did.
const SHUTDOWN: &str = "import fcntl, os, struct, sys\n\
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', int(sys.argv[2])))";

/// Whether the file system's own log still reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    LogFlushed,
    LogLost,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Ext4,
    Tmpfs { kib: u32 },
}

/// Mounted until it is dropped. Whoever uses it must have ended by then.
pub struct Disk {
    folder: TempDir,
    kind: Kind,
}

impl Disk {
    /// None, with a line that says why, where no image can be mounted.
    pub fn ext4(mib: u32) -> Option<Disk> {
        let disk = Disk { folder: tempfile::tempdir().unwrap(), kind: Kind::Ext4 };
        fs::create_dir(disk.mounted()).unwrap();
        let image = fs::File::create(disk.image()).unwrap();
        image.set_len(u64::from(mib) * 1024 * 1024).unwrap();
        run(&["mkfs.ext4", "-q", "-F", disk.image().to_str().unwrap()]);
        match disk.mount() {
            Ok(()) => Some(disk),
            Err(why) => {
                eprintln!("skipped: no image can be mounted: {why}");
                None
            }
        }
    }

    pub fn tmpfs(kib: u32) -> Disk {
        let disk = Disk { folder: tempfile::tempdir().unwrap(), kind: Kind::Tmpfs { kib } };
        fs::create_dir(disk.mounted()).unwrap();
        disk.mount().unwrap();
        disk
    }

    fn mount(&self) -> Result<(), String> {
        let (image, at) = (self.image(), self.mounted());
        let (image, at) = (image.to_str().unwrap(), at.to_str().unwrap());
        match self.kind {
            Kind::Ext4 => attempt(&["mount", "-o", "loop", image, at]),
            Kind::Tmpfs { kib } => {
                attempt(&["mount", "-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs", at])
            }
        }
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mounted(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// The folder on it that a hub keeps its journal in.
    pub fn data(&self) -> PathBuf {
        self.mounted().join("data")
    }

    /// Everything on it goes on to be there, and nothing more comes to it.
    pub fn cut_power(&self, cut: Cut) {
        let mode = match cut {
            Cut::LogFlushed => "1",
            Cut::LogLost => "2",
        };
        run(&["python3", "-c", SHUTDOWN, self.mounted().to_str().unwrap(), mode]);
    }

    /// As an ext4 does after an error of its own: it can be read, and no longer written.
    pub fn make_read_only(&self) {
        run(&["mount", "-o", "remount,abort", self.mounted().to_str().unwrap()]);
    }

    /// As after a new start of the machine. Nobody may have a file open on it.
    pub fn mount_again(&self) {
        run(&["umount", self.mounted().to_str().unwrap()]);
        self.mount().unwrap();
    }

    /// Takes all the space that is left.
    pub fn fill(&self) {
        let mut file = fs::File::create(self.filler()).unwrap();
        let block = [0; 4096];
        while file.write_all(&block).is_ok() {}
    }

    pub fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.mounted().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if attempt(&["umount", self.mounted().to_str().unwrap()]).is_err() {
            // A test that failed may still have its hub there.
            attempt(&["umount", "-l", self.mounted().to_str().unwrap()]).ok();
        }
    }
}

/// The whole content of a folder's files, by name.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}
