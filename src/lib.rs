//! The deciding half of multi-agent-coder: events in, effects out, no I/O and no clock.
//!
//! `event` and `effect` are the whole vocabulary of the boundary; `engine` turns one into the other.

pub mod backlog;
pub mod context;
pub mod effect;
pub mod event;
pub mod evidence;
pub mod gates;
pub mod ids;
pub mod journal;
pub mod metrics;
pub mod options;
pub mod plan;
pub mod review;
pub mod route;
pub mod schedule;
pub mod text;
