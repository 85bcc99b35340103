//! Asking until it is known what became of a command. No answer means *unknown*, never *no*: it goes again under the same
//! id, as the outbox of a terminal sends it, and the hub gives its first answer.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::domain::command::Outcome;
use crate::domain::text::Line;
use crate::link::api::{ApiError, Fate};
use crate::link::backoff::Backoff;
use crate::link::outbox::Sent;
use crate::link::{Problem, Surroundings};

/// How long somebody waits at a prompt for an answer, all tries together.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How long one try may take: a connection that has died in silence must leave time for the next.
const TRY: Duration = Duration::from_secs(8);

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was certainly not done.
    NotDone(ApiError),
    /// It may have been done.
    Unknown,
}

/// Asks until there is an answer that is one, [`PATIENCE`] is over, or somebody ends it. `before` says whether the command
/// may have arrived by an earlier try; `say` is told why the first answer was none.
///
/// A hub that cannot be reached from the start is not waited for: nothing was sent, and whoever asked knows it at once.
///
/// # Errors
///
/// What is known of the command then.
pub async fn until_known(
    before: Sent,
    surroundings: &Surroundings,
    end: impl Future<Output = ()>,
    say: impl Fn(&str),
    mut ask: impl AsyncFnMut() -> Result<Outcome, ApiError>,
) -> Result<Outcome, Ended> {
    let deadline = Instant::now() + PATIENCE;
    let (mut sent, mut backoff, mut said) = (before, Backoff::default(), false);
    let ended = |sent, error| match sent {
        Sent::No => Ended::NotDone(error),
        Sent::Perhaps => Ended::Unknown,
    };
    tokio::pin!(end);
    loop {
        let until = deadline.min(Instant::now() + TRY);
        let answer = tokio::select! {
            biased;
            () = &mut end => return Err(Ended::Unknown),
            answer = timeout_at(until, ask()) => answer,
        };
        let silence = || Err(ApiError::NoAnswer(Line::clean("the hub did not answer in time")));
        let error = match answer.unwrap_or_else(|_| silence()) {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        let (why, retry_after) = match error.clone().fate() {
            Fate::Refused(problem) if sent == Sent::Perhaps && is_of_the_door(&problem) => {
                say(&problem.detail.first_line());
                return Err(Ended::Unknown);
            }
            Fate::Refused(_) => return Err(Ended::NotDone(error)),
            Fate::NotTaken { why, retry_after } => (why, retry_after),
            Fate::Unknown { why, retry_after } => {
                sent = Sent::Perhaps;
                (why, retry_after)
            }
        };
        let again = match (&error, sent) {
            // It will not be there, nor speak another language, in a moment.
            (ApiError::Unreachable(_), Sent::No) | (ApiError::NotUnderstood(_), _) => None,
            _ => {
                let wait = backoff.failed(surroundings.fraction()).max(retry_after.unwrap_or_default());
                Some(wait).filter(|wait| Instant::now() + *wait < deadline)
            }
        };
        if !said && (again.is_some() || sent == Sent::Perhaps) {
            match again {
                Some(_) => {
                    say(&format!("{why}; asking again under the same id for up to {} s", PATIENCE.as_secs()))
                }
                None => say(&why),
            }
            said = true;
        }
        let Some(wait) = again else { return Err(ended(sent, error)) };
        tokio::select! {
            biased;
            () = &mut end => return Err(ended(sent, error)),
            () = sleep(wait) => {}
        }
    }
}

/// Whether it was refused before anybody looked whether it had been done: an answer to who sent it, not to what.
fn is_of_the_door(problem: &Problem) -> bool {
    matches!(problem.status, 401 | 403 | 421) || problem.kind == *"about:blank"
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;
    use std::future::{pending, ready};

    use super::*;
    use crate::domain::ids::Seq;
    use crate::domain::text::Text;
    use crate::domain::time::Timestamp;

    type Answer = Result<Outcome, ApiError>;

    fn outcome() -> Outcome {
        Outcome { seq: Seq(9), id: None, revision: None, task: None, comms: None, note: None, change: None }
    }

    fn unreachable() -> ApiError {
        ApiError::Unreachable(Line::clean("connection refused"))
    }

    fn cut() -> ApiError {
        ApiError::NoAnswer(Line::clean("connection reset"))
    }

    fn problem(status: u16, kind: &str, retry_after: Option<u64>) -> ApiError {
        let problem = Problem {
            kind: Line::clean(kind),
            title: Line::clean("t"),
            status,
            detail: Text::clean("so it is"),
            revision: None,
        };
        ApiError::Refused { problem, retry_after: retry_after.map(Duration::from_secs) }
    }

    /// What becomes of these answers, the last of which comes again and again; and how often it was asked.
    async fn asked(
        before: Sent,
        answers: impl IntoIterator<Item = Answer>,
    ) -> (Result<Outcome, Ended>, usize) {
        let surroundings = Surroundings::new(|| Timestamp::from_millis(0), || [0x80; 16]);
        let answers = RefCell::new(answers.into_iter().collect::<VecDeque<_>>());
        let times = Cell::new(0);
        let ask = async || {
            times.set(times.get() + 1);
            let mut answers = answers.borrow_mut();
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap()
        };
        let known = until_known(before, &surroundings, pending(), |_| {}, ask).await;
        (known, times.get())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_lost_is_asked_for_again() {
        let answers =
            [Err(cut()), Err(unreachable()), Err(problem(503, "/problems/unknown", Some(1))), Ok(outcome())];
        assert_eq!(asked(Sent::No, answers).await, (Ok(outcome()), 4));
    }

    #[tokio::test(start_paused = true)]
    async fn after_twenty_seconds_without_an_answer_it_is_unknown() {
        let began = Instant::now();
        let (known, times) = asked(Sent::No, [Err(cut()), Err(unreachable())]).await;
        assert_eq!(known, Err(Ended::Unknown));
        assert!(times > 3 && began.elapsed() <= PATIENCE, "{times} tries in {:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hub_that_says_nothing_at_all_is_asked_more_than_once() {
        let surroundings = Surroundings::new(|| Timestamp::from_millis(0), || [0x80; 16]);
        let (began, times) = (Instant::now(), Cell::new(0));
        let ask = async || {
            times.set(times.get() + 1);
            pending().await
        };
        let known = until_known(Sent::No, &surroundings, pending(), |_| {}, ask).await;
        assert_eq!((known, times.get()), (Err(Ended::Unknown), 3));
        assert_eq!(began.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_was_sent_it_ends_at_once() {
        assert_eq!(asked(Sent::No, [Err(unreachable())]).await, (Err(Ended::NotDone(unreachable())), 1));
        let (known, times) = asked(Sent::Perhaps, [Err(unreachable())]).await;
        assert_eq!(known, Err(Ended::Unknown), "it may have been sent the time before");
        assert!(times > 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hub_that_is_busy_is_asked_again_and_has_not_done_it() {
        let busy = || problem(503, "/problems/overloaded", Some(1));
        assert_eq!(asked(Sent::No, [Err(busy()), Ok(outcome())]).await, (Ok(outcome()), 2));
        assert_eq!(asked(Sent::No, [Err(busy())]).await.0, Err(Ended::NotDone(busy())));
        let later = || problem(429, "/problems/too-many-requests", Some(600));
        assert_eq!(asked(Sent::No, [Err(later())]).await, (Err(Ended::NotDone(later())), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_the_last_word_and_what_is_no_hubs_answer_does_not_get_better() {
        let refused = || problem(409, "/problems/stale", None);
        assert_eq!(asked(Sent::No, [Err(refused())]).await, (Err(Ended::NotDone(refused())), 1));
        assert_eq!(asked(Sent::No, [Err(cut()), Err(refused())]).await, (Err(Ended::NotDone(refused())), 2));
        let strange = ApiError::NotUnderstood(Line::clean("<html>"));
        assert_eq!(asked(Sent::No, [Err(strange)]).await, (Err(Ended::Unknown), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_not_taken_any_more_says_nothing_about_what_was_sent_with_it() {
        let refused = || problem(401, "/problems/unauthorized", None);
        assert_eq!(asked(Sent::No, [Err(refused())]).await, (Err(Ended::NotDone(refused())), 1));
        assert_eq!(asked(Sent::No, [Err(cut()), Err(refused())]).await, (Err(Ended::Unknown), 2));
        assert_eq!(asked(Sent::Perhaps, [Err(refused())]).await, (Err(Ended::Unknown), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_ends_it_is_told_that_it_is_unknown() {
        let surroundings = Surroundings::of_the_machine();
        let known = until_known(Sent::No, &surroundings, ready(()), |_| {}, async || pending().await).await;
        assert_eq!(known, Err(Ended::Unknown));
    }
}
