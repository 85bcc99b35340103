//! Whether a new version is worse than the one beside it, while a part of the traffic goes to each.
//!
//! Pure: counts and samples of the canary and of its baseline go in, a verdict and its reasons come out. The baseline is the
//! old version during the same time, best of a similar size; never yesterday.
//!
//! ```text
//! failed requests ─┐
//! slow requests   ─┴─counts──▶ Comparison ─┐
//!                     └ evidence           ├─rollout──▶ Judgement (verdict, reasons in sentences)
//! gauges ───────────gauge────▶ Gauge      ─┘
//!                     └ rank
//! ```
//!
//! Whatever can be counted is judged by its counts, latency too: as the share of requests that were slower than the
//! objective allows. That judgement holds however often one looks. The one of gauges does not, and ranks mean nothing where
//! most values are 0, as with errors; so it decides only where somebody asked for that.

pub mod counts;
mod evidence;
pub mod gauge;
mod rank;
pub mod rollout;

pub use counts::{Comparison, Counts, Fault, Margin};
pub use gauge::{Gauge, GaugeTest};
pub use rollout::{Judgement, Rollout, together};
