//! The terminal is left as it was found. Whatever was switched on is switched off by one function, whichever way it ends:
//! quitting, a panic, suspending, a signal.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::stdio::stdout;

/// What is switched on, in order: alternate screen, bracketed paste, focus reports, and the cursor off.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l";
/// The same undone in reverse, with colours reset and a synchronized frame closed that may be open.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?25h\x1b[?1004l\x1b[?2004l\x1b[?1049l";

/// How long a terminal that does not take anything may hold up our end.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// The thread that draws, while the terminal is ours. A process has one terminal, so this is the process's.
static OURS: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Held while the terminal is ours; dropping it gives it back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    ///
    /// When there is no terminal, or it cannot be switched.
    pub fn enter() -> io::Result<Self> {
        // NO_COLOR is our business (a theme without colours): crossterm's way of honouring it would reset bold and
        // reverse too, and make the selected row invisible.
        crossterm::style::force_color_output(true);
        crossterm::terminal::enable_raw_mode()?;
        *ours() = Some(thread::current().id());
        write_all(ENTER)?;
        Ok(Guard(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. Harmless when it is not ours.
pub fn restore() {
    if ours().take().is_some() {
        // There is nothing to be done about a terminal that is gone, and one that hangs must not hold up our end.
        if takes_bytes() {
            let _ = write_all(LEAVE);
        }
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Whether what is written now goes through, or will within [`PATIENCE`].
fn takes_bytes() -> bool {
    let mut poll = [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)];
    let asked = rustix::event::poll(&mut poll, Some(&PATIENCE));
    let [polled] = poll;
    asked.is_ok() && polled.revents().contains(PollFlags::OUT)
}

/// From now on a panic anywhere in the process goes to the log while the terminal is ours: nothing may be written across a
/// living screen. The loop hears of it by itself, gives the terminal back and ends with a sentence. Only a second panic of
/// the drawing thread, which ends the process on the spot, finds the terminal given back here.
pub fn install_panic_hook() {
    let usual = panic::take_hook();
    let drawing_thread_panicked = AtomicBool::new(false);
    panic::set_hook(Box::new(move |info| {
        let thread = thread::current();
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), "{info}");
        // The lock is let go before anything else wants it.
        let drawing = *ours();
        match drawing {
            Some(drawing) if drawing != thread.id() => {}
            Some(_) if !drawing_thread_panicked.swap(true, Ordering::Relaxed) => {}
            Some(_) => {
                restore();
                usual(info);
            }
            None => usual(info),
        }
    }));
}

fn ours() -> std::sync::MutexGuard<'static, Option<ThreadId>> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Straight to the file descriptor: std's own stdout is line-buffered and would cut a frame into pieces.
pub(super) fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let mut poll = [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)];
                rustix::event::poll(&mut poll, None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
