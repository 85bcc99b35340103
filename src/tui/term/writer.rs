//! Writes frames to the terminal from a thread of its own, one at a time and each in one write, so that a slow terminal
//! never holds up a key. While a frame is under way no other is built: a bad link lowers the frame rate by itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::sync::Notify;

use super::guard::write_all;

/// A frame appears at once or not at all, on terminals that know of it; others ignore the marks.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

#[derive(Debug)]
pub struct Writer {
    frames: SyncSender<Vec<u8>>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    busy: AtomicBool,
    failed: AtomicBool,
    idle: Notify,
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
        let shared = Arc::clone(&state);
        thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            for frame in queue {
                if write(&frame).is_err() {
                    shared.failed.store(true, Ordering::Release);
                }
                shared.busy.store(false, Ordering::Release);
                shared.idle.notify_one();
            }
        })?;
        Ok(Writer { frames, state })
    }

    /// Whether the last frame has gone out.
    pub fn is_idle(&self) -> bool {
        !self.state.busy.load(Ordering::Acquire)
    }

    /// The terminal has gone, or does not take anything any more.
    pub fn has_failed(&self) -> bool {
        self.state.failed.load(Ordering::Acquire)
    }

    /// Comes when a frame has gone out.
    pub async fn idle(&self) {
        self.state.idle.notified().await;
    }

    /// Hands a frame over; only when idle. An empty one costs nothing.
    pub fn write(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.state.busy.store(true, Ordering::Release);
        let frame = [BEGIN, bytes, END].concat();
        if self.frames.try_send(frame).is_err() {
            self.state.failed.store(true, Ordering::Release);
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
        assert!(writer.is_idle() && !writer.has_failed());
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
    async fn a_terminal_that_is_gone_is_noticed() {
        let writer = Writer::to(|_| Err(io::ErrorKind::BrokenPipe.into())).unwrap();
        writer.write(b"x");
        writer.idle().await;
        assert!(writer.has_failed());
    }
}
