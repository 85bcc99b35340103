//! The terminal is left as it was found. Whatever was switched on is switched off by one function, whichever way it ends:
//! quitting, a panic, suspending, a signal.

use std::io;
use std::panic;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread::{self, ThreadId};

use rustix::stdio::stdout;

/// What is switched on, in order: alternate screen, bracketed paste, focus reports, and the cursor off.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l";
/// The same undone in reverse, with colours reset and a synchronized frame closed that may be open.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?25h\x1b[?1004l\x1b[?2004l\x1b[?1049l";

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
        // There is nothing to be done about a terminal that is gone.
        let _ = write_all(LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Forgets the terminal without touching it: after a hang-up there is none.
pub fn abandon() {
    ours().take();
}

/// From now on a panic of the drawing thread gives the terminal back before it speaks. A panic in any other thread or
/// task leaves a living screen alone; it goes to the log.
pub fn install_panic_hook() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let drawing = *ours();
        match drawing {
            Some(thread) if thread != thread::current().id() => tracing::error!("{info}"),
            Some(_) => {
                tracing::error!("{info}");
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
                let mut poll =
                    [rustix::event::PollFd::from_borrowed_fd(stdout(), rustix::event::PollFlags::OUT)];
                rustix::event::poll(&mut poll, None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
