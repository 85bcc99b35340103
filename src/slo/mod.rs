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

pub mod alerting;
pub mod budget;
pub mod burn;
pub mod counters;
pub mod finding;
pub mod guard;
pub mod history;
pub mod meter;
pub mod onset;
pub mod openslo;
pub mod period;
pub mod policy;
pub mod promql;
pub mod slices;
#[allow(clippy::module_inception)]
pub mod slo;
pub mod window;

pub use finding::{Finding, Level};
pub use period::Period;
pub use slo::{DataSource, Indicator, Method, Objective, Slo};
pub use window::Window;
