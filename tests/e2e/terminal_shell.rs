//! The room where it is at home: in a shell that stops it and takes it up again, in tmux, and in a terminal that is torn
//! away under it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::alone::Alone;
use crate::hub::{PATIENCE, PROGRAM};
use crate::support::eventually;
use crate::support::servers_must_be_there;
use crate::support::terminal::{Terminal, keys};

const BASH: [&str; 3] = ["--norc", "--noprofile", "-i"];

/// Types a command line, and waits until the shell has run it.
fn run(terminal: &Terminal, line: &str, done: &Path) {
    terminal.send_keys(&format!("{line}; echo > {}\r", done.display()));
    let ran = std::panic::catch_unwind(|| eventually(line, PATIENCE, || done.exists().then_some(())));
    assert!(ran.is_ok(), "{}", terminal.screen_text());
    fs::remove_file(done).unwrap();
}

/// Opens the room from a shell, stops it, takes it up again, quits; the line settings that the shell's commands saw
/// before, in between and after.
fn there_and_back(alone: &Alone, shell: &Terminal) -> [String; 3] {
    let done = alone.path("done");
    let settings = |name: &str| alone.path(name).display().to_string();
    run(shell, &format!("stty -a > {}", settings("before")), &done);
    shell.send_keys(&format!("{PROGRAM}\r"));
    shell.wait_for_text("LIVE", PATIENCE);
    shell.send_keys(keys::CTRL_Z);
    shell.wait_for_text("Stopped", PATIENCE);
    run(shell, &format!("stty -a > {}", settings("stopped")), &done);
    shell.send_keys("clear; fg\r");
    shell.wait_for_text("LIVE", PATIENCE);
    // A key is the room's again, and not the shell's.
    shell.send_keys("q");
    shell.wait_for(|screen| !screen.contents().contains("LIVE"), PATIENCE);
    run(shell, &format!("stty -a > {}; jobs > {}", settings("after"), settings("jobs")), &done);
    assert_eq!(fs::read_to_string(alone.path("jobs")).unwrap(), "");
    assert!(!alone.listens(), "the hub is still there");
    ["before", "stopped", "after"].map(|name| fs::read_to_string(alone.path(name)).unwrap())
}

#[test]
fn ctrl_z_and_fg_in_bash_give_the_terminal_back_each_time() {
    let alone = Alone::new();
    let shell = alone.terminal("bash", &BASH, &[]);
    let [before, stopped, after] = there_and_back(&alone, &shell);
    assert!(before.contains("icanon"), "{before}");
    assert_eq!(before, stopped);
    assert_eq!(before, after);
    let screen = shell.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor());
    // Another key goes to the shell.
    shell.send_keys("exit\r");
    shell.wait_for_exit(PATIENCE);
}

/// A tmux server that ends with the test.
struct Tmux(PathBuf);

impl Tmux {
    fn ask(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").arg("-S").arg(&self.0).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

#[test]
fn under_tmux_too() {
    if Command::new("tmux").arg("-V").output().is_err() {
        assert!(!servers_must_be_there(), "WARROOM_E2E=1, but there is no tmux");
        eprintln!("skipped: there is no tmux");
        return;
    }
    let alone = Alone::new();
    let tmux = Tmux(alone.path("tmux"));
    let socket = tmux.0.display().to_string();
    let shell = format!("bash {}", BASH.join(" "));
    let args = ["-S", &socket, "-f", "/dev/null", "new-session", &shell];
    let terminal = alone.terminal("tmux", &args, &[]);
    let [before, stopped, after] = there_and_back(&alone, &terminal);
    assert_eq!(before, stopped);
    assert_eq!(before, after);
    // What tmux, a terminal of its own, made of it: alternate screen, cursor, mouse.
    let modes = "#{alternate_on} #{cursor_flag} #{mouse_any_flag}";
    assert_eq!(tmux.ask(&["display-message", "-p", modes]), "0 1 0");
    terminal.send_keys("exit\r");
    terminal.wait_for_exit(PATIENCE);
}

/// Whether a process is there and not just waiting to be buried.
fn lives(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Opens a room by way of `with`, and closes the terminal under it as soon as it is live.
fn torn_away(with: &[&str]) {
    let alone = Alone::new();
    let id = alone.path("id");
    let pty = native_pty_system()
        .openpty(PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 })
        .unwrap();
    let say_id = "echo $$ > \"$0\"; exec \"$1\"";
    let line = [with, &["sh", "-c", say_id, id.to_str().unwrap(), PROGRAM]].concat();
    let mut command = CommandBuilder::from_argv(line.iter().map(Into::into).collect());
    command.env_clear();
    alone.env().iter().for_each(|(name, value)| command.env(name, value));
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut output = pty.master.try_clone_reader().unwrap();
    let mut keyboard = pty.master.take_writer().unwrap();
    let mut parser = vt100::Parser::default();
    parser.set_size(30.try_into().unwrap(), 100.try_into().unwrap());
    let mut buffer = [0; 4096];
    while !parser.screen().contents().contains("LIVE") {
        let length = output.read(&mut buffer).unwrap();
        parser.process(&buffer[..length]);
    }
    let process = fs::read_to_string(id).unwrap().trim().to_owned();
    assert!(lives(&process) && alone.listens());
    // As a connection breaks: in the middle of a key.
    keyboard.write_all(b"\x1b[").unwrap();
    drop((keyboard, output, pty.master));
    eventually("the room has ended", Duration::from_secs(5), || (!lives(&process)).then_some(()));
    assert!(!alone.listens(), "the hub is still there");
    child.wait().unwrap();
}

#[test]
fn a_room_whose_terminal_is_closed_ends() {
    torn_away(&[]);
}

/// In a session without a terminal of its own nobody sends a SIGHUP; the lost terminal has to be noticed.
#[test]
fn a_room_whose_terminal_is_gone_without_a_signal_ends_too() {
    torn_away(&["setsid", "--wait"]);
}
