//! The network between terminals and hub. Bytes of a direction keep their order, as TCP keeps it; when they come, and
//! whether, is up to the seed.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;
use warroom::link::{Dial, Duplex};

/// Bytes that may be on their way within one end of a connection.
const WINDOW: usize = 64 * 1024;

/// Which way a terminal's bytes get through at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub to_hub: bool,
    pub from_hub: bool,
}

impl Open {
    pub const BOTH: Open = Open { to_hub: true, from_hub: true };
}

/// The wire of one terminal. Cheap to clone.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    random: Mutex<StdRng>,
    open: watch::Sender<Open>,
    /// Ends every connection that there is when it is replaced.
    alive: Mutex<CancellationToken>,
    /// Connections on their way to the hub's ear.
    arriving: Arc<Mutex<Arriving>>,
}

/// What knocks at the hub's door.
#[derive(Default)]
pub struct Arriving {
    pub hub_is_up: bool,
    pub streams: VecDeque<DuplexStream>,
}

impl Wire {
    pub fn new(seed: u64, arriving: Arc<Mutex<Arriving>>) -> Wire {
        Wire(Arc::new(Inner {
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            open: watch::channel(Open::BOTH).0,
            alive: Mutex::default(),
            arriving,
        }))
    }

    pub fn set(&self, open: Open) {
        self.0.open.send_replace(open);
    }

    pub fn is_open(&self) -> bool {
        *self.0.open.borrow() == Open::BOTH
    }

    /// Breaks every connection of this wire.
    pub fn cut(&self) {
        std::mem::take(&mut *self.0.alive.lock().unwrap()).cancel();
    }

    pub async fn connect(&self) -> io::Result<DuplexStream> {
        let (latency, budget, seed) = {
            let mut random = self.0.random.lock().unwrap();
            let budget = random.random_bool(0.25).then(|| random.random_range(0..6_000_usize));
            (random.random_range(1..120), budget, random.random())
        };
        let mut open = self.0.open.subscribe();
        let both = open.wait_for(|open| *open == Open::BOTH).await;
        both.map_err(io::Error::other)?;
        sleep(Duration::from_millis(latency)).await;
        let (near, near_end) = tokio::io::duplex(WINDOW);
        let (far_end, far) = tokio::io::duplex(WINDOW);
        {
            let mut arriving = self.0.arriving.lock().unwrap();
            if !arriving.hub_is_up {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"));
            }
            arriving.streams.push_back(far);
        }
        let alive = self.0.alive.lock().unwrap().child_token();
        let ((near_in, near_out), (far_in, far_out)) = (split(near_end), split(far_end));
        let up = Pump { from: near_in, to: far_out, open: open.clone(), passes: |open| open.to_hub };
        let down = Pump { from: far_in, to: near_out, open, passes: |open| open.from_hub };
        let mut random = StdRng::seed_from_u64(seed);
        let (first, second) = (random.random(), random.random());
        // Either direction may run out first; then the whole connection is gone, wherever it was in a message.
        let (up_budget, down_budget) = if random.random() { (budget, None) } else { (None, budget) };
        tokio::spawn(async move {
            tokio::select! {
                () = alive.cancelled() => {}
                () = up.run(first, up_budget) => {}
                () = down.run(second, down_budget) => {}
            }
        });
        Ok(near)
    }
}

impl Dial for Wire {
    fn dial<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, io::Result<Box<dyn Duplex>>> {
        Box::pin(async move { Ok(Box::new(self.connect().await?) as Box<dyn Duplex>) })
    }
}

struct Pump {
    from: ReadHalf<DuplexStream>,
    to: WriteHalf<DuplexStream>,
    open: watch::Receiver<Open>,
    passes: fn(&Open) -> bool,
}

impl Pump {
    /// Until one side closes, or `budget` bytes have gone through.
    async fn run(mut self, seed: u64, mut budget: Option<usize>) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut buffer = [0; 2048];
        loop {
            let most = random.random_range(1..=buffer.len());
            let Ok(read @ 1..) = self.from.read(&mut buffer[..most]).await else { break };
            sleep(Duration::from_millis(random.random_range(0..40))).await;
            if self.open.wait_for(self.passes).await.is_err() {
                break;
            }
            let passed = budget.map_or(read, |left| left.min(read));
            if self.to.write_all(&buffer[..passed]).await.is_err() {
                break;
            }
            if let Some(left) = &mut budget {
                *left -= passed;
                if *left == 0 {
                    return;
                }
            }
        }
        // What is on its way arrives before the end does.
        drop(self.to.shutdown().await);
        sleep(Duration::from_millis(100)).await;
    }
}
