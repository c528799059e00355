//! The sources of a context.

use std::collections::BTreeMap;

use super::compress::KnownFile;
use super::provenance::Source;
use crate::backlog::{Limits, TaskSpec};

/// What a context is compiled from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The task.
    pub task: &'a TaskSpec,
    /// What is to change in work that is there; empty when none is.
    pub issues: &'a [String],
    /// What the backlog lays down for all its tasks; as whole as the task's own constraints.
    pub limits: &'a Limits,
    /// What failed attempts taught, newest first.
    pub evidence: &'a [String],
    /// The text of PLAN.md; empty when there is none.
    pub plan: &'a str,
    /// What holds in the whole project.
    pub constraints: &'a [String],
    /// Entries of the memory, best first.
    pub memory: &'a [Remembered],
    /// The files of the project with their lines, for bodies that can be named instead.
    pub files: &'a [KnownFile],
    /// Optional sources that stay out, and why.
    pub excluded: &'a BTreeMap<Source, String>,
    /// What of all that a person wrote by hand.
    pub by_hand: &'a [&'a str],
    /// What fits, in UTF-8 bytes.
    pub bytes_max: usize,
}

/// An entry of the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its id.
    pub id: String,
    /// One line.
    pub text: String,
}

impl<'a> Inputs<'a> {
    /// A task and what its failed attempts taught, and nothing else.
    pub fn of(task: &'a TaskSpec, evidence: &'a [String], bytes_max: usize) -> Self {
        const NO_LIMITS: &Limits = &Limits { constraints: Vec::new(), dont_touch: Vec::new() };
        const NOTHING: &BTreeMap<Source, String> = &BTreeMap::new();
        Self {
            task,
            issues: &[],
            limits: NO_LIMITS,
            evidence,
            plan: "",
            constraints: &[],
            memory: &[],
            files: &[],
            excluded: NOTHING,
            by_hand: &[],
            bytes_max,
        }
    }
}
