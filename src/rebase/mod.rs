//! A better spec for a task that keeps failing: when it is asked for, what its author reads, how the
//! answer is read, and what it changes. Code is thrown away; the spec is what improves.

mod change;
mod fields;
mod prompt;
mod proposal;
mod trigger;
mod wording;

pub use change::changes;
pub use prompt::rebase_prompt;
pub use proposal::{Proposal, parse_proposal};
pub use trigger::{Effort, is_messy};
pub use wording::{parse_wording, wording_prompt};
