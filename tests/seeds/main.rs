//! A thousand incidents in simulated time: the real hub, the real links and the real fold, over a network that delays,
//! cuts and swallows what a seed says, with hubs that die and come back from their journal and clocks that jump.
//!
//! ```text
//! sim      one seed from its beginning to its end          world    a run: hub, terminals, faults, and the checks
//! network  connections with delays and cuts                check    what must hold afterwards
//! disk     a journal that outlives its hub                 terminal a link, and the room that it folds
//! courier  commands over that network
//! ```
//!
//! `WARROOM_SEED=17` runs one seed alone; `WARROOM_SEEDS=20000` as many as that.
#![cfg(feature = "hub")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod check;
mod courier;
mod disk;
mod network;
mod sim;
mod terminal;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sim::{Sabotage, Told, run};

#[test]
fn every_terminal_has_the_journals_room_after_a_thousand_seeds_of_faults() {
    if let Some(seed) = number("WARROOM_SEED") {
        let told = run(seed, Sabotage::None).unwrap_or_else(|found| panic!("seed {seed}: {found}"));
        println!("seed {seed}: {told:?}");
        return;
    }
    let (began, seeds) = (Instant::now(), number("WARROOM_SEEDS").unwrap_or(1_000));
    let mut all = Told::default();
    for (seed, told) in on_all_processors(seeds, |seed| run(seed, Sabotage::None)) {
        all += told.unwrap_or_else(|found| panic!("WARROOM_SEED={seed}: {found}"));
    }
    println!("{seeds} seeds in {:?}: {all:?}", began.elapsed());
    // Faults that never happen prove nothing.
    assert!(all.crashes >= seeds / 4 && all.cuts >= seeds && all.partitions >= seeds / 4, "{all:?}");
    assert!(all.repeated >= seeds / 20 && all.resumed >= seeds && all.done >= seeds * 5, "{all:?}");
}

#[test]
fn a_journal_that_forgets_what_it_acknowledged_is_caught() {
    assert!(caught(Sabotage::ForgetfulDisk, 20) >= 4);
}

#[test]
fn a_command_that_is_done_again_when_it_is_repeated_is_caught() {
    assert!(caught(Sabotage::NoMemoryOfCommands, 40) >= 2);
}

#[test]
fn an_entry_that_one_terminal_did_not_get_is_caught() {
    assert_eq!(caught(Sabotage::DroppedEntry, 6), 6);
}

#[test]
fn an_entry_that_one_terminal_got_twice_is_caught() {
    assert_eq!(caught(Sabotage::DoubledEntry, 6), 6);
}

#[test]
fn the_same_seed_gives_the_same_journal() {
    for seed in [3, 17] {
        let (first, second) = (run(seed, Sabotage::None), run(seed, Sabotage::None));
        assert_eq!(first, second, "seed {seed}");
    }
}

/// In how many of so many seeds, each of them right without it, the sabotage is noticed.
fn caught(sabotage: Sabotage, seeds: u64) -> usize {
    let both = |seed| {
        let right = run(seed, Sabotage::None);
        right.unwrap_or_else(|found| panic!("WARROOM_SEED={seed}, without sabotage: {found}"));
        run(seed, sabotage)
    };
    on_all_processors(seeds, both).iter().filter(|(_, told)| told.is_err()).count()
}

/// Runs seeds from 0 on beside each other. Each is alone in its thread, and no different for the others.
fn on_all_processors(
    seeds: u64,
    run: impl Fn(u64) -> Result<Told, String> + Sync,
) -> Vec<(u64, Result<Told, String>)> {
    let next = AtomicU64::new(0);
    let work = || {
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds);
        std::iter::from_fn(take).map(|seed| (seed, run(seed))).collect::<Vec<_>>()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|raw| raw.parse().unwrap())
}
