//! What the system says to the process: end, hang up, stop, go on, and that the window has another size.

use std::io;

use rustix::process::{Signal, getpgrp, kill_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// SIGTERM or SIGINT: end in good order.
    End,
    /// SIGHUP: the same, and most likely there is no terminal any more.
    HangUp,
    /// SIGTSTP from outside.
    Stop,
    /// SIGCONT: what is on the screen now is anybody's guess.
    Continue,
    /// SIGWINCH.
    Resized,
}

#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hang_up: Stream,
    stop: Stream,
    go_on: Stream,
    resized: Stream,
}

impl Signals {
    /// # Errors
    ///
    /// When the system does not let us listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// The next thing told. Cancel safe.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            biased;
            _ = self.hang_up.recv() => Told::HangUp,
            _ = self.terminate.recv() => Told::End,
            _ = self.interrupt.recv() => Told::End,
            _ = self.stop.recv() => Told::Stop,
            _ = self.go_on.recv() => Told::Continue,
            _ = self.resized.recv() => Told::Resized,
        }
    }
}

/// Stops this process and those it is in a pipeline with, until somebody says `fg`. The terminal must have been given
/// back. (SIGSTOP, for SIGTSTP is ignored in an orphaned process group, and then nothing would happen.)
///
/// # Errors
///
/// When the system does not let us.
pub fn stop_ourselves() -> io::Result<()> {
    kill_process_group(getpgrp(), Signal::STOP)?;
    Ok(())
}
