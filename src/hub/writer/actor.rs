//! The writer's loop: take what waits, decide, append, and only then tell. And what it does when the disk says no.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::load::{CHUNK, Loaded};
use super::plan::{Grounds, Plan};
use super::shelf::Errand;
use super::{Answer, Envelope, SubmitError};
use crate::domain::apply::apply;
use crate::domain::command::Submission;
use crate::domain::ids::{Head, Seq};
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::failpoint::{self, Place};
use crate::hub::feed::Feed;
use crate::journal::{AppendError, Encoded, JournalError};
use crate::wire::frame::Health;

/// The most commands that one transaction holds.
const BATCH: usize = 256;
/// The most KiB of commands that one transaction holds.
const BATCH_KIB: usize = 4 * 1024;
/// A snapshot is saved when so many entries were written since the last and nobody waits for the writer…
const SNAPSHOT_EVERY: u64 = 10_000;
/// …or when it is this many, whoever waits: a start that reads them takes a second or two.
const SNAPSHOT_AT_LAST: u64 = 100_000;
/// Nobody waits when nothing has come for so long. A room with many firing alerts takes a while to write down.
const IDLE: Duration = Duration::from_secs(1);
/// How long a batch waits for those who were answered together with the last: they come back together, and a sync to
/// disk costs several times as much. (PostgreSQL calls it `commit_delay`.)
pub(super) const LINGER: Duration = Duration::from_micros(100);
/// How often a batch is decided again when others move the head, or the disk leaves it open whether it wrote.
const ATTEMPTS: usize = 5;
/// The first and the longest wait between two looks whether the disk can be written again.
const PROBE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

enum Mode {
    Writable,
    ReadOnly { reason: Line, probe_at: Instant },
}

/// What comes to the writer.
pub(super) struct Work {
    pub commands: mpsc::Receiver<Envelope>,
    /// For when there are no commands.
    pub errands: mpsc::Receiver<Errand>,
}

pub(super) struct Writer {
    parts: Loaded,
    /// What decisions are made on: the shared room, and ahead of it only while a batch is being written.
    private: Room,
    head: Head,
    feed: Arc<Feed>,
    waiting: mpsc::Receiver<Envelope>,
    errands: mpsc::Receiver<Errand>,
    /// Taken up when nobody waits.
    errand: Option<Errand>,
    stop: CancellationToken,
    mode: Mode,
    /// The wait before the next probe. It grows until an append succeeds.
    probe_wait: Duration,
    snapshot_at: Seq,
    /// How many commands the last batches held, the older the less they count.
    company: usize,
    linger: Duration,
}

impl Writer {
    pub fn new(
        parts: Loaded,
        feed: Arc<Feed>,
        work: Work,
        stop: CancellationToken,
        linger: Duration,
    ) -> Self {
        let Work { commands: waiting, errands } = work;
        let private = parts.room.read().clone();
        let head = parts.journal.head();
        let snapshot_at = private.seq;
        let (mode, probe_wait) = (Mode::Writable, PROBE.0);
        let company = 0;
        Writer {
            parts,
            private,
            head,
            feed,
            waiting,
            errands,
            errand: None,
            stop,
            mode,
            probe_wait,
            snapshot_at,
            company,
            linger,
        }
    }

    pub async fn run(mut self) {
        loop {
            let work = self.next().await;
            if work.is_empty() && self.waiting.is_closed() && self.waiting.is_empty() {
                break;
            }
            self.probe();
            failpoint::pass(Place::Writer);
            let due = if work.is_empty() { SNAPSHOT_EVERY } else { SNAPSHOT_AT_LAST };
            if !work.is_empty() {
                self.work(work);
            }
            if let Some(errand) = self.errand.take() {
                self.run_errand(errand);
            }
            if self.unsaved() >= due && matches!(self.mode, Mode::Writable) {
                self.save_snapshot();
            }
        }
        self.save_snapshot();
        tracing::info!(seq = %self.head.seq, "the writer has ended");
    }

    /// Entries since the last snapshot.
    fn unsaved(&self) -> u64 {
        self.head.seq.0.saturating_sub(self.snapshot_at.0)
    }

    /// What waits, or nothing when it is time to probe the disk or to save a snapshot. Ends with nothing on a closed
    /// queue.
    async fn next(&mut self) -> Vec<Envelope> {
        let probe_at = match &self.mode {
            Mode::Writable => None,
            Mode::ReadOnly { probe_at, .. } => Some(*probe_at),
        };
        let probe = async {
            match probe_at {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        let stopping = self.stop.clone();
        let is_due = probe_at.is_none() && self.unsaved() >= SNAPSHOT_EVERY;
        let first = tokio::select! {
            biased;
            first = self.waiting.recv() => first,
            () = probe => None,
            () = tokio::time::sleep(IDLE), if is_due => None,
            Some(errand) = self.errands.recv() => {
                self.errand = Some(errand);
                None
            }
            () = stopping.cancelled(), if !self.waiting.is_closed() => {
                self.waiting.close();
                None
            }
        };
        let mut work = Vec::from_iter(first);
        if work.is_empty() {
            return work;
        }
        self.gather(&mut work);
        if work.len() < self.company {
            std::thread::sleep(self.linger);
            self.gather(&mut work);
        }
        self.company = work.len().max(self.company * 7 / 8);
        work
    }

    /// What waits as well, as far as it goes into one batch.
    fn gather(&mut self, work: &mut Vec<Envelope>) {
        let mut kib: usize = work.iter().map(|envelope| envelope.weight.num_permits()).sum();
        while work.len() < BATCH && kib < BATCH_KIB {
            let Ok(envelope) = self.waiting.try_recv() else { break };
            kib += envelope.weight.num_permits();
            work.push(envelope);
        }
    }

    fn work(&mut self, work: Vec<Envelope>) {
        self.parts.metrics.batches.observe(work.len() as f64);
        if let Mode::ReadOnly { reason, .. } = &self.mode {
            let reason = reason.clone();
            return self.answer_without_writing(work, &SubmitError::ReadOnly(reason));
        }
        for _ in 0..ATTEMPTS {
            let plan = match self.plan(&work) {
                Ok(plan) => plan,
                Err(error) => {
                    let reason = self.close(&error.to_string());
                    return self.answer_all(work, &SubmitError::ReadOnly(reason));
                }
            };
            if plan.writes_nothing() {
                return self.answer(work, plan);
            }
            let began = Instant::now();
            let appended = self.parts.journal.append(self.head, &plan.batch);
            self.parts.metrics.append_seconds.observe(began.elapsed().as_secs_f64());
            match appended {
                Ok(head) => {
                    self.probe_wait = PROBE.0;
                    self.tell(head, &plan.batch.entries);
                    return self.answer(work, plan);
                }
                Err(AppendError::Moved(_)) => {
                    if let Err(error) = self.catch_up() {
                        let reason = self.close(&error.to_string());
                        return self.answer_all(work, &SubmitError::ReadOnly(reason));
                    }
                }
                Err(AppendError::Full(why)) => {
                    let reason = self.close(&why);
                    return self.answer_without_writing(work, &SubmitError::ReadOnly(reason));
                }
                Err(error @ AppendError::Misnumbered { .. }) => {
                    let reason = self.close(&error.to_string());
                    return self.answer_all(work, &SubmitError::ReadOnly(reason));
                }
                Err(AppendError::Unknown(why)) => {
                    self.parts.metrics.unknown_appends.inc();
                    tracing::error!(reason = why, "it is not known whether a batch was written; looking");
                    match self.look(&plan) {
                        Ok(true) => return self.answer(work, plan),
                        Ok(false) => {}
                        Err(error) => {
                            let reason = self.close(&error.to_string());
                            return self.answer_all(work, &SubmitError::Unknown(reason));
                        }
                    }
                }
            }
        }
        self.rewind();
        self.answer_all(work, &SubmitError::Busy);
    }

    fn plan(&mut self, work: &[Envelope]) -> Result<Plan, JournalError> {
        // The time never goes back within a journal, whatever the machine's clock does.
        let now = self.parts.clock.now().max(self.parts.last_at);
        let grounds = Grounds {
            journal: &*self.parts.journal,
            policy: &self.parts.policy,
            random: &*self.parts.random,
            now,
        };
        grounds.plan(&mut self.private, work)
    }

    /// Entries that are on disk go to everybody.
    fn tell(&mut self, head: Head, entries: &[Encoded]) {
        {
            let mut room = self.parts.room.write();
            for encoded in entries {
                apply(&mut room, &encoded.entry);
            }
        }
        if let Some(last) = entries.last() {
            self.parts.last_at = self.parts.last_at.max(last.entry.at);
        }
        self.parts.metrics.entries.inc_by(entries.len() as u64);
        self.head = head;
        self.feed.publish(head, entries);
    }

    /// Reads what is on disk and was not told yet, and begins again from there.
    fn catch_up(&mut self) -> Result<(), JournalError> {
        let head = self.parts.reader.head()?;
        if head.journal != self.head.journal || head.seq < self.head.seq {
            let hint = "run `warroom verify`".to_owned();
            return Err(JournalError::WentBack { found: head.seq, known: self.head.seq, hint });
        }
        let mut missed: Vec<Encoded> = Vec::new();
        let mut seen = self.head.seq;
        while seen < head.seq {
            let mut entries = self.parts.reader.read(seen, CHUNK)?;
            entries.retain(|encoded| encoded.entry.seq <= head.seq);
            let Some(last) = entries.last() else {
                return Err(JournalError::Damaged("an entry before the head is missing".to_owned()));
            };
            seen = last.entry.seq;
            missed.append(&mut entries);
        }
        self.tell(head, &missed);
        self.rewind();
        Ok(())
    }

    /// Forgets what was decided and not written.
    fn rewind(&mut self) {
        self.private = self.parts.room.read().clone();
    }

    /// Opens the journal anew and says whether the plan is in it.
    fn look(&mut self, plan: &Plan) -> Result<bool, JournalError> {
        let first = plan.batch.entries.first().map(|encoded| (self.head.seq, encoded.entry.id));
        self.parts.journal.recover()?;
        self.catch_up()?;
        let Some((before, id)) = first else { return Ok(false) };
        let found = self.parts.reader.read(before, 1)?;
        Ok(found.first().is_some_and(|encoded| encoded.entry.id == id))
    }

    /// From now on the hub can only be read.
    fn close(&mut self, why: &str) -> Line {
        let reason = Line::clean(why);
        tracing::error!(%reason, "the journal cannot be written: the hub can only be read until it can");
        self.rewind();
        let since = self.parts.clock.now();
        self.feed.set_health(Health::ReadOnly { reason: reason.clone(), since });
        self.parts.metrics.read_only.set(1);
        self.mode = Mode::ReadOnly { reason: reason.clone(), probe_at: Instant::now() + self.probe_wait };
        self.probe_wait = (self.probe_wait * 2).min(PROBE.1);
        reason
    }

    /// In read-only mode, and when it is time: looks whether the journal can be written again.
    fn probe(&mut self) {
        let Mode::ReadOnly { probe_at, .. } = &mut self.mode else { return };
        if Instant::now() < *probe_at {
            return;
        }
        *probe_at = Instant::now() + self.probe_wait;
        self.probe_wait = (self.probe_wait * 2).min(PROBE.1);
        let recovered = self.parts.journal.recover().map(|_| ()).and_then(|()| self.catch_up());
        match recovered {
            Ok(()) => {
                tracing::info!("the journal can be written again");
                self.mode = Mode::Writable;
                self.parts.metrics.read_only.set(0);
                self.feed.set_health(Health::Writable);
            }
            Err(error) => tracing::debug!(%error, "the journal still cannot be written"),
        }
    }

    fn answer(&self, work: Vec<Envelope>, plan: Plan) {
        let tell = |(envelope, answer): (Envelope, Answer)| {
            self.parts.metrics.command(&answer);
            envelope.answer(answer)
        };
        let told: Vec<Submission> = work.into_iter().zip(plan.answers).map(tell).collect();
        drop(told);
    }

    fn answer_all(&self, work: Vec<Envelope>, error: &SubmitError) {
        for envelope in work {
            let answer = Err(error.clone());
            self.parts.metrics.command(&answer);
            envelope.answer(answer);
        }
    }

    /// Nothing can be written, but what was written before is still known.
    fn answer_without_writing(&self, work: Vec<Envelope>, error: &SubmitError) {
        for envelope in work {
            let recorded = envelope.submission.id.as_ref().and_then(|id| {
                self.parts
                    .journal
                    .recorded(id)
                    .ok()
                    .flatten()
                    .filter(|known| Some(known.content) == envelope.content)
            });
            let answer = match recorded {
                Some(recorded) => recorded.result.map_err(Into::into),
                None => Err(error.clone()),
            };
            self.parts.metrics.command(&answer);
            envelope.answer(answer);
        }
    }

    /// A disk that takes no entries is left alone.
    fn run_errand(&mut self, errand: Errand) {
        if matches!(self.mode, Mode::Writable) {
            errand.run(&mut *self.parts.journal);
        }
    }

    fn save_snapshot(&mut self) {
        if self.snapshot_at == self.head.seq {
            return;
        }
        let began = Instant::now();
        let room = self.parts.room.read();
        match self.parts.journal.save_snapshot(&room) {
            Ok(()) => tracing::debug!(seq = %room.seq, took = ?began.elapsed(), "a snapshot was saved"),
            Err(error) => {
                tracing::warn!(%error, "no snapshot was saved; the next start reads more of the journal");
            }
        }
        // Also after a failure, so that it is not tried again with each batch.
        self.snapshot_at = room.seq;
    }
}
