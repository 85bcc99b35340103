//! A process that may open no more files.

use std::net::TcpStream;
use std::time::Duration;

use crate::hub::Setup;
use crate::scene::Scene;

#[test]
fn a_hub_without_file_descriptors_does_not_spin_and_comes_back_when_there_are_some() {
    let before = ["prlimit", "--nofile=64:64"].map(str::to_owned).into();
    let mut scene = Scene::open(Setup { before, ..Setup::default() });
    scene.load();
    scene.accepts(30);
    // So that what the processor then does is of the listener alone.
    scene.settle();
    let crowd: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(scene.hub.address).unwrap()).collect();
    scene.hub.wait_for_log("no connection can be accepted at the moment");
    let before = scene.hub.processor_ticks();
    std::thread::sleep(Duration::from_secs(3));
    let used = scene.hub.processor_ticks() - before;
    assert!(used < 60, "{used} ticks of processor time in 300: a loop over accept");
    let complaints =
        String::from_utf8_lossy(&scene.hub.log()).matches("no connection can be accepted").count();
    assert!(complaints < 20, "{complaints} lines in the log");
    drop(crowd);
    scene.hub.wait_until_ready();
    scene.load();
    scene.accepts(30);
    scene.check();
}
