//! Tasks that a hub cannot be without. When one of them panics the hub ends, so that whoever runs it starts it again:
//! half a hub takes commands that nobody works on, and nobody notices.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one hub. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Vital {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    broken: CancellationToken,
}

impl Vital {
    /// Tasks that end with `shutdown`, or bring it about.
    pub fn new(shutdown: CancellationToken) -> Self {
        Vital { tasks: TaskTracker::new(), shutdown, broken: CancellationToken::new() }
    }

    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let this = self.clone();
        self.tasks.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                this.lost(name);
            }
        });
    }

    /// What must not end has ended.
    pub fn lost(&self, name: &'static str) {
        tracing::error!(
            task = name,
            "a part of the hub has panicked; the hub ends, and is to be started again"
        );
        self.broken.cancel();
        self.shutdown.cancel();
    }

    pub fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    /// Until all have ended.
    pub async fn wait(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_ends_the_hub_and_one_that_ends_does_not() {
        let shutdown = CancellationToken::new();
        let vital = Vital::new(shutdown.clone());
        vital.spawn("done", async {});
        tokio::task::yield_now().await;
        assert!(!shutdown.is_cancelled());
        vital.spawn("broken", async { panic!("on purpose") });
        vital.wait().await;
        assert!(shutdown.is_cancelled() && vital.is_broken());
    }
}
