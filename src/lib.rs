//! The deciding half of multi-agent-coder: events in, effects out, no I/O and no clock.
//!
//! `event` and `effect` are the whole vocabulary of the boundary; `engine` turns one into the other.
//! `run` holds the commands as state machines; all else are pure algorithms that know no effect.

mod arguments;
pub mod audit;
pub mod backlog;
mod compare;
mod context;
pub mod definitions;
pub mod effect;
pub mod engine;
pub mod event;
mod evidence;
mod gates;
pub mod hygiene;
pub mod ids;
pub mod journal;
pub mod memory;
mod metrics;
mod options;
pub mod plan;
pub mod prompts;
#[cfg(test)]
mod protocol;
mod rebase;
pub mod redact;
mod reply;
mod resilience;
pub mod review;
mod route;
mod run;
mod schedule;
pub mod spec;
pub mod template;
mod text;
pub mod tools;
mod track;
#[cfg(target_arch = "wasm32")]
mod wasm;
