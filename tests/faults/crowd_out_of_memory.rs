//! More is wanted of the machine's memory than there is, and the kernel ends the hub for it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;

use serde_json::json;

use crate::hub::Setup;
use crate::means::need_root;
use crate::scene::Scene;

/// The group of processes whose memory is counted, by the first version of that interface; gone when it is dropped.
struct Group(PathBuf);

impl Group {
    /// None, with a line that says why, where memory is not counted so.
    fn new() -> Option<Group> {
        let name = format!("/sys/fs/cgroup/memory/warroom-{}", std::process::id());
        let group = Group(PathBuf::from(name));
        if let Err(error) = fs::create_dir(&group.0) {
            eprintln!("skipped: there is no control group for memory (version 1): {error}");
            return None;
        }
        Some(group)
    }

    /// What stands before a program that is to be counted in it.
    fn before(&self) -> Vec<String> {
        let join = format!("echo $$ > {}; exec \"$0\" \"$@\"", self.0.join("cgroup.procs").display());
        ["sh".to_owned(), "-c".to_owned(), join].into()
    }

    /// From now on it gets hardly more than it has.
    fn squeeze(&self) {
        let used = fs::read_to_string(self.0.join("memory.usage_in_bytes")).unwrap();
        let used: u64 = used.trim().parse().unwrap();
        fs::write(self.0.join("memory.limit_in_bytes"), (used + 1024 * 1024).to_string()).unwrap();
    }

    fn release(&self) {
        fs::write(self.0.join("memory.limit_in_bytes"), "-1").unwrap();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).ok();
    }
}

#[test]
fn a_hub_that_the_kernel_ends_for_want_of_memory_has_lost_and_doubled_nothing() {
    need_root!();
    let Some(group) = Group::new() else { return };
    let mut scene = Scene::open(Setup { before: group.before(), ..Setup::default() });
    scene.load();
    scene.accepts(40);
    // Long texts from many at once, which the hub has to have in memory; each is one command until it is answered.
    let writers: Vec<_> = (0..40)
        .map(|writer| {
            let driver = scene.driver.clone();
            scene.runtime.spawn(async move {
                let text = "x".repeat(30 * 1024);
                for number in 0.. {
                    if driver.stops() {
                        return;
                    }
                    let id = format!("id-large-{writer}-{number}");
                    let body = json!({ "text": format!("{id} {text}") });
                    driver.command(&id, "/incidents/INC-1/notes", &body).await;
                }
            })
        })
        .collect();
    group.squeeze();
    let ended = scene.hub.wait_for_end();
    assert_eq!(ended.signal(), Some(9), "{ended}: {}", scene.hub.log_end());
    group.release();
    scene.hub.start_again();
    scene.accepts(40);
    scene.settle();
    for writer in writers {
        scene.runtime.block_on(writer).unwrap();
    }
    scene.check();
    scene.hub.end();
}
