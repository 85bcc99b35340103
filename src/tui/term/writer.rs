//! Writes frames to the terminal from a thread of its own, one at a time and each in one write, so that a slow terminal
//! never holds up a key. While a frame is under way no other is built: a bad link lowers the frame rate by itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use super::guard::write_all;
use crate::failpoint::{self, Place};

/// A frame appears at once or not at all, on terminals that know of it; others ignore the marks.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

#[derive(Debug)]
pub struct Writer {
    frames: SyncSender<Vec<u8>>,
    state: Arc<State>,
}

/// Why no frame can be written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Failure {
    /// The terminal is gone.
    Terminal = 1,
    /// The thread is, by a panic.
    Thread = 2,
}

#[derive(Debug, Default)]
struct State {
    busy: AtomicBool,
    /// Nought, or a [`Failure`].
    failed: AtomicU8,
    idle: Notify,
}

impl State {
    fn fail(&self, failure: Failure) {
        self.failed.store(failure as u8, Ordering::Release);
    }

    fn frame_is_out(&self) {
        self.busy.store(false, Ordering::Release);
        self.idle.notify_one();
    }
}

/// Lives as long as the thread, and tells when that ends by a panic.
struct Thread(Arc<State>);

impl Drop for Thread {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail(Failure::Thread);
            self.0.frame_is_out();
        }
    }
}

impl Writer {
    /// # Errors
    ///
    /// When no thread can be had.
    pub fn start() -> io::Result<Self> {
        Self::to(write_all)
    }

    fn to(mut write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (frames, queue) = sync_channel::<Vec<u8>>(1);
        let state = Arc::new(State::default());
        let this = Thread(Arc::clone(&state));
        thread::Builder::new().name("screen".to_owned()).spawn(move || {
            for frame in queue {
                failpoint::pass(Place::Screen);
                if write(&frame).is_err() {
                    this.0.fail(Failure::Terminal);
                }
                this.0.frame_is_out();
            }
        })?;
        Ok(Writer { frames, state })
    }

    /// Whether the last frame has gone out.
    pub fn is_idle(&self) -> bool {
        !self.state.busy.load(Ordering::Acquire)
    }

    /// Why nothing can be written any more.
    pub fn failure(&self) -> Option<Failure> {
        let failed = self.state.failed.load(Ordering::Acquire);
        [Failure::Terminal, Failure::Thread].into_iter().find(|failure| *failure as u8 == failed)
    }

    /// Comes when a frame has gone out.
    pub async fn idle(&self) {
        self.state.idle.notified().await;
    }

    /// Waits until nothing is under way any more, but no longer than `patience`: before the terminal is given back.
    pub async fn settle(&self, patience: Duration) {
        let settled = async {
            while !self.is_idle() {
                self.idle().await;
            }
        };
        // A terminal that takes nothing must not hold up the person.
        let _ = tokio::time::timeout(patience, settled).await;
    }

    /// Hands a frame over; only when idle. An empty one costs nothing.
    pub fn write(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.state.busy.store(true, Ordering::Release);
        let frame = [BEGIN, bytes, END].concat();
        if self.frames.try_send(frame).is_err() {
            self.state.fail(Failure::Thread);
            self.state.busy.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_frame_is_one_write_between_the_marks() {
        let (seen, writes) = mpsc::channel();
        let writer = Writer::to(move |bytes| {
            seen.send(bytes.to_vec()).unwrap();
            Ok(())
        })
        .unwrap();
        writer.write(b"frame");
        writer.idle().await;
        assert!(writer.is_idle() && writer.failure().is_none());
        writer.write(b"");
        assert_eq!(writes.try_iter().collect::<Vec<_>>(), [b"\x1b[?2026hframe\x1b[?2026l".to_vec()]);
    }

    #[tokio::test]
    async fn a_slow_terminal_keeps_the_writer_busy_and_nobody_waiting() {
        let (go, gate) = mpsc::channel::<()>();
        let writer = Writer::to(move |_| gate.recv().map_err(io::Error::other)).unwrap();
        writer.write(b"slow");
        assert!(!writer.is_idle());
        go.send(()).unwrap();
        writer.idle().await;
        assert!(writer.is_idle());
    }

    #[tokio::test]
    async fn whoever_gives_the_terminal_back_waits_for_the_frame_that_is_under_way() {
        let (go, gate) = mpsc::channel::<()>();
        let (seen, writes) = mpsc::channel();
        let writer = Writer::to(move |bytes| {
            gate.recv().map_err(io::Error::other)?;
            seen.send(bytes.len()).map_err(io::Error::other)
        })
        .unwrap();
        // Told of an earlier frame, it does not take that for the end of this one.
        go.send(()).unwrap();
        writer.write(b"first");
        assert!(writes.recv().is_ok());
        while !writer.is_idle() {
            tokio::task::yield_now().await;
        }
        writer.write(b"second");
        let patience = Duration::from_secs(60);
        let ((), out) = tokio::join!(writer.settle(patience), async {
            let none_yet = writes.try_recv().is_err();
            go.send(()).unwrap();
            none_yet
        });
        assert!(out && writer.is_idle());
        assert_eq!(writes.try_iter().count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_terminal_that_takes_nothing_does_not_hold_up_that_it_is_given_back() {
        let (_go, gate) = mpsc::channel::<()>();
        let writer = Writer::to(move |_| gate.recv().map_err(io::Error::other)).unwrap();
        writer.write(b"stuck");
        let began = tokio::time::Instant::now();
        writer.settle(Duration::from_millis(150)).await;
        assert!(!writer.is_idle() && began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_noticed() {
        let writer = Writer::to(|_| Err(io::ErrorKind::BrokenPipe.into())).unwrap();
        writer.write(b"x");
        writer.idle().await;
        assert_eq!(writer.failure(), Some(Failure::Terminal));
    }

    #[tokio::test]
    async fn a_thread_that_panics_is_noticed_and_is_not_the_terminals_fault() {
        let writer = Writer::to(|_| panic!("as the test wants it")).unwrap();
        writer.write(b"x");
        writer.idle().await;
        assert!(writer.is_idle());
        assert_eq!(writer.failure(), Some(Failure::Thread));
    }
}
