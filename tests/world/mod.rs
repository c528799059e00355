//! What the scripted world and the simulator's have in common: how git and files behave, as functions on values.

pub mod files;
pub mod tree;
