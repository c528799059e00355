//! The whole core against a scripted world: commands go in, effects are answered from memory, and
//! after every step the invariants are held against what happened.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod agents;
mod answers;
mod checks;
#[path = "../world/mod.rs"]
mod common;
mod git;
mod templates;
mod work;
mod world;

mod attempts;
mod audit;
mod budget;
mod cancel;
mod drift;
mod edits;
mod golden;
mod ground;
mod guard;
mod health;
mod implement;
mod limits;
mod longer;
mod looks;
mod loops;
mod meanwhile;
mod memory;
mod merging;
mod order;
mod overheard;
mod own_changes;
mod plan;
mod plan_trouble;
mod prompts;
mod provider;
mod provider_roles;
mod read_back;
mod reading;
mod rebase;
mod recovery;
mod regenerate;
mod regenerate_many;
mod regenerate_trouble;
mod restart;
mod review;
mod review_shown;
mod revisions;
mod rework;
mod shorter;
mod slots;
mod specs;
mod unheard;
