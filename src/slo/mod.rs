//! Service level objectives: what was promised, and how quickly it is being spent.
//!
//! Pure: documents and measured counts go in, values and findings come out. Asking Prometheus is the hub's part
//! (`hub::prometheus`, `hub::reactor::slo`).
//!
//! ```text
//! files ──openslo::read──▶ Slo (objective, window, indicator) + findings
//!                           │
//!                           ├─ promql: the queries to send
//!   samples ──counters──▶ events between two of them ──history──▶ sums that only grow
//!                           │                           (meter: both)   │ minus themselves
//!                           └─ burn:   counts in a window ◀─────────────┘ ──▶ burn rate, budget left, time to exhaustion
//! ```

pub mod burn;
pub mod counters;
pub mod finding;
pub mod history;
pub mod meter;
pub mod openslo;
pub mod promql;
#[allow(clippy::module_inception)]
pub mod slo;
pub mod window;

pub use finding::{Finding, Level};
pub use slo::{DataSource, Indicator, Objective, Slo};
pub use window::Window;
