//! The deciding half of multi-agent-coder: events in, effects out, no I/O and no clock.
//!
//! `event` and `effect` are the whole vocabulary of the boundary; `engine` turns one into the other.

pub mod effect;
pub mod event;
pub mod ids;
#[cfg(test)]
mod protocol;
