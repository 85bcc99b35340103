//! A program in a real terminal: a pty, a keyboard, and the screen that a person would see.
//!
//! A thread reads what the program writes and feeds it to a terminal parser; tests wait for the screen to change, never
//! for time to pass. What a terminal is asked, it answers (cursor position, device attributes, synchronized output),
//! because a program that waits for such an answer would otherwise be tested in a terminal that nobody has.

use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::answers::Answers;

/// What keys send, in the terminal's own bytes.
pub mod keys {
    pub const ENTER: &str = "\r";
    pub const ESCAPE: &str = "\x1b";
    pub const TAB: &str = "\t";
    pub const BACKTAB: &str = "\x1b[Z";
    pub const BACKSPACE: &str = "\x7f";
    pub const UP: &str = "\x1b[A";
    pub const DOWN: &str = "\x1b[B";
    pub const RIGHT: &str = "\x1b[C";
    pub const LEFT: &str = "\x1b[D";
    pub const HOME: &str = "\x1b[H";
    pub const END: &str = "\x1b[F";
    pub const PAGE_UP: &str = "\x1b[5~";
    pub const PAGE_DOWN: &str = "\x1b[6~";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_D: &str = "\x04";
    pub const CTRL_Z: &str = "\x1a";
}

/// A running program, its terminal and its screen. Dropping it kills the program and everything in its session.
pub struct Terminal {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    process: u32,
    command: String,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    keyboard: Mutex<Box<dyn Write + Send>>,
}

struct State {
    parser: vt100::Parser<Answers>,
    raw: Vec<u8>,
    reader: Reader,
    exit: Option<ExitStatus>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Reading,
    Paused,
    Ended,
}

impl Terminal {
    /// Starts `command` in a terminal of `cols` × `rows` cells, in the current directory.
    ///
    /// The environment is `PATH`, `TERM=xterm-256color`, `LANG=C.UTF-8` and what `env` says, nothing else: a test must
    /// not depend on whose machine it runs on.
    #[track_caller]
    pub fn spawn(command: &str, args: &[&str], env: &[(&str, &str)], cols: u16, rows: u16) -> Self {
        let pty = native_pty_system().openpty(size(cols, rows)).expect("a pty");
        let mut builder = CommandBuilder::new(command);
        builder.args(args);
        builder.cwd(std::env::current_dir().expect("a current directory"));
        builder.env_clear();
        builder.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        for (name, value) in env {
            builder.env(name, value);
        }
        let mut child = pty
            .slave
            .spawn_command(builder)
            .unwrap_or_else(|error| panic!("cannot start {command}: {error}"));
        // The last holder of the slave must be the program, or its end would never be seen.
        drop(pty.slave);
        let process = child.process_id().expect("a process that was just started has an id");

        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: vt100::Parser::new_with_callbacks(cells(rows), cells(cols), 0, Answers::default()),
                raw: Vec::new(),
                reader: Reader::Reading,
                exit: None,
            }),
            changed: Condvar::new(),
            keyboard: Mutex::new(pty.master.take_writer().expect("the keyboard's end of the pty")),
        });
        let output = pty.master.try_clone_reader().expect("the screen's end of the pty");
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.read(output)
        });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let exit = child.wait().ok();
                shared.lock().exit = exit;
                shared.changed.notify_all();
            }
        });
        Self { shared, master: pty.master, process, command: command.to_owned() }
    }

    /// Types: plain text, or one of [`keys`].
    #[track_caller]
    pub fn send_keys(&self, keys: &str) {
        self.shared.type_in(keys.as_bytes()).expect("a program that still reads its keyboard");
    }

    /// Waits until a whole frame satisfies `what`; panics with the screen when none does, or when the program ends.
    ///
    /// A frame between the brackets of synchronized output is not looked at: no person ever sees it half drawn.
    #[track_caller]
    pub fn wait_for(&self, what: impl Fn(&vt100::Screen) -> bool, timeout: Duration) {
        self.wait("what the test waits for", timeout, |state| {
            (state.parser.callbacks().frame_is_whole() && what(state.parser.screen())).then_some(())
        });
    }

    /// Waits until `text` stands somewhere on the screen, within one line.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str, timeout: Duration) {
        self.wait(&format!("{text:?}"), timeout, |state| {
            (state.parser.callbacks().frame_is_whole() && state.parser.screen().contents().contains(text))
                .then_some(())
        });
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn wait_for_exit(&self, timeout: Duration) -> ExitStatus {
        self.wait("the end of the program", timeout, |state| state.exit.clone())
    }

    /// `None` while the program runs.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.shared.lock().exit.clone()
    }

    /// What the screen shows, line by line, without trailing blanks.
    pub fn screen_text(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// A copy of the screen: cells, colours, cursor, modes (alternate screen, bracketed paste, mouse).
    pub fn screen(&self) -> vt100::Screen {
        self.shared.lock().parser.screen().clone()
    }

    /// Every byte that the program has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// How many bytes the program has written so far.
    pub fn bytes_written(&self) -> usize {
        self.shared.lock().raw.len()
    }

    /// Drags the window's corner: the screen changes and the program gets its SIGWINCH.
    #[track_caller]
    pub fn resize(&self, cols: u16, rows: u16) {
        self.shared.lock().parser.set_size(cells(rows), cells(cols));
        self.master.resize(size(cols, rows)).expect("a pty that can be resized");
    }

    /// Stops looking at what the program writes, as a terminal does that hangs; one read may still come through.
    pub fn pause(&self) {
        self.shared.change_reader(Reader::Paused);
    }

    /// Goes on looking.
    pub fn resume(&self) {
        self.shared.change_reader(Reader::Reading);
    }

    /// The terminal driver's settings in the words of `stty -a`: what must be the same before and after.
    #[track_caller]
    pub fn line_settings(&self) -> String {
        let name = self.master.tty_name().expect("a pty has a name");
        let output = Command::new("stty").arg("-a").arg("-F").arg(name).output().expect("stty (coreutils)");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// To look at the program from outside, in `/proc` for instance.
    pub fn process_id(&self) -> u32 {
        self.process
    }

    /// Sends a signal by name (`"TERM"`, `"HUP"`, `"STOP"`, `"CONT"`) to the program itself.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        assert!(self.exit_status().is_none(), "{} has ended, nothing can be sent to it", self.command);
        send_signal(name, &self.process.to_string());
    }

    /// `kill -9` to the program and all of its process group.
    pub fn kill(&self) {
        if self.exit_status().is_none() {
            send_signal("KILL", &format!("-{}", self.process));
        }
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, timeout: Duration, ask: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            if let Some(answer) = ask(&state) {
                return answer;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let ended = state.reader == Reader::Ended && state.exit.is_some();
            if left.is_zero() || ended {
                let screen = framed(state.parser.screen());
                let exit = state.exit.as_ref().map_or("still running".to_owned(), ToString::to_string);
                drop(state);
                panic!("{} did not show {what} within {timeout:?} ({exit}):\n{screen}", self.command);
            }
            (state, _) =
                self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.kill();
        self.resume();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn type_in(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        keyboard.write_all(bytes)?;
        keyboard.flush()
    }

    fn change_reader(&self, to: Reader) {
        let mut state = self.lock();
        if state.reader != Reader::Ended {
            state.reader = to;
        }
        drop(state);
        self.changed.notify_all();
    }

    fn read(&self, mut output: Box<dyn Read + Send>) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let mut state = self.lock();
            while state.reader == Reader::Paused {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            match output.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Linux says EIO when the last program has left the terminal.
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    let mut state = self.lock();
                    state.raw.extend_from_slice(&buffer[..length]);
                    state.parser.process(&buffer[..length]);
                    let answers = state.parser.callbacks_mut().take();
                    drop(state);
                    self.changed.notify_all();
                    // A program that asked and left does not miss the answer.
                    self.type_in(&answers).ok();
                }
            }
        }
        self.lock().reader = Reader::Ended;
        self.changed.notify_all();
    }
}

fn send_signal(name: &str, process: &str) {
    // The shell's own `kill`, which is there wherever a shell is. That the process has just ended is no failure.
    Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\" 2>/dev/null", "kill", name, process])
        .status()
        .ok();
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has at least one row and one column")
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn framed(screen: &vt100::Screen) -> String {
    let (_, cols) = screen.size();
    let width = usize::from(cols.get());
    let edge = "─".repeat(width);
    let lines: Vec<String> = screen.rows(0, cols.get()).map(|row| format!("│{row}")).collect();
    format!("┌{edge}\n{}\n└{edge}", lines.join("\n"))
}
