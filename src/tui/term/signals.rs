//! What the system says to the process: end, hang up, stop, go on; and whether the terminal is still there.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Signal, getpgrp, kill_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// SIGTERM or SIGINT: end in good order.
    End,
    /// SIGHUP, or the terminal is gone: end without touching it.
    HangUp,
    /// SIGTSTP from outside.
    Stop,
    /// SIGCONT: what is on the screen now is anybody's guess.
    Continue,
}

/// How often it is looked whether the terminal is still there. The keyboard's reader would not tell: it spins.
const WATCH: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hang_up: Stream,
    stop: Stream,
    go_on: Stream,
    watch: Interval,
}

impl Signals {
    /// # Errors
    ///
    /// When the system does not let us listen.
    pub fn listen() -> io::Result<Self> {
        let mut watch = interval(WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            watch,
        })
    }

    /// The next thing told. Cancel safe.
    pub async fn next(&mut self) -> Told {
        loop {
            tokio::select! {
                biased;
                _ = self.hang_up.recv() => return Told::HangUp,
                _ = self.terminate.recv() => return Told::End,
                _ = self.interrupt.recv() => return Told::End,
                _ = self.stop.recv() => return Told::Stop,
                _ = self.go_on.recv() => return Told::Continue,
                _ = self.watch.tick() => {
                    if terminal_is_gone() {
                        return Told::HangUp;
                    }
                }
            }
        }
    }
}

fn terminal_is_gone() -> bool {
    let stdin = rustix::stdio::stdin();
    let mut poll = [PollFd::from_borrowed_fd(stdin, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let polled = rustix::event::poll(&mut poll, Some(&at_once));
    let [polled_stdin] = poll;
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    polled.is_ok() && polled_stdin.revents().intersects(gone)
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
