//! What follows from dependencies and estimates: an order, remaining paths, or a cycle.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cycle, Node};

/// The mean when no task has an estimate, in hours.
const HOURS_DEFAULT: f64 = 1.0;
/// Larger estimates count as this, in hours; keeps sums finite.
const HOURS_MAX: f64 = 10_000.0;

/// The unchanging half of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Graph {
    /// For each task those that wait for it directly, ascending, without duplicates.
    dependents: Vec<Vec<u32>>,
    /// For each task the hours from its start to the end of the longest path.
    remaining: Vec<f64>,
    /// For each task its place by remaining hours, the longest first, ties by index.
    ranks: Vec<u32>,
    /// The task of each rank.
    by_rank: Vec<u32>,
}

impl Graph {
    /// Kahn's algorithm, then the longest paths backwards over its order.
    pub fn new(nodes: &[Node]) -> Result<Self, Cycle> {
        let mut dependents = vec![Vec::new(); nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            for dependency in dependencies_of(node, nodes.len()) {
                dependents[dependency].push(small(index));
            }
        }
        let order = order(&dependents, nodes)?;
        let mut remaining = believed_hours(nodes);
        for &index in order.iter().rev() {
            let after = dependents[index].iter().map(|&next| remaining[next as usize]);
            remaining[index] += after.fold(0.0, f64::max);
        }
        let mut by_rank: Vec<u32> = (0..nodes.len()).map(small).collect();
        by_rank.sort_by(|&a, &b| remaining[b as usize].total_cmp(&remaining[a as usize]));
        let mut ranks = vec![0; nodes.len()];
        for (rank, &index) in by_rank.iter().enumerate() {
            ranks[index as usize] = small(rank);
        }
        Ok(Self { dependents, remaining, ranks, by_rank })
    }

    /// For each task, how many others it waits for.
    pub fn dependencies(&self) -> Vec<u32> {
        count_dependencies(&self.dependents)
    }

    /// The tasks that wait for this one directly.
    pub fn direct_dependents(&self, index: usize) -> &[u32] {
        self.dependents.get(index).map_or(&[], Vec::as_slice)
    }

    /// Hours of shrunk estimates from the start of this task to the end of the longest path; 0 for an index that
    /// does not exist.
    pub fn remaining_hours(&self, index: usize) -> f64 {
        self.remaining.get(index).copied().unwrap_or(0.0)
    }

    /// The place of a task by remaining hours, from 0.
    pub fn rank(&self, index: usize) -> u32 {
        self.ranks[index]
    }

    /// The task of a rank.
    pub fn at_rank(&self, rank: u32) -> usize {
        self.by_rank[rank as usize] as usize
    }
}

/// Indexes fit in 32 bits: a backlog has at most 2,000 tasks, memory ends long before 4 billion.
fn small(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 tasks")
}

/// Dependencies without duplicates and without those out of range.
fn dependencies_of(node: &Node, count: usize) -> BTreeSet<usize> {
    let known = node.depends_on.iter().copied();
    known.filter(|&dependency| dependency < count).collect()
}

fn count_dependencies(dependents: &[Vec<u32>]) -> Vec<u32> {
    let mut counts = vec![0; dependents.len()];
    for &dependent in dependents.iter().flatten() {
        counts[dependent as usize] += 1;
    }
    counts
}

/// An order in which every task comes after those it depends on.
fn order(dependents: &[Vec<u32>], nodes: &[Node]) -> Result<Vec<usize>, Cycle> {
    let mut open = count_dependencies(dependents);
    let mut order: Vec<usize> = (0..nodes.len()).filter(|&index| open[index] == 0).collect();
    let mut position = 0;
    while let Some(&index) = order.get(position) {
        position += 1;
        for &dependent in &dependents[index] {
            let dependent = dependent as usize;
            open[dependent] -= 1;
            if open[dependent] == 0 {
                order.push(dependent);
            }
        }
    }
    if order.len() == nodes.len() { Ok(order) } else { Err(find_cycle(nodes, &open)) }
}

/// Follows dependencies that are still open until a task comes up again. Every task that Kahn's
/// algorithm leaves over waits for another one of them, so the walk cannot end before.
fn find_cycle(nodes: &[Node], open: &[u32]) -> Cycle {
    let mut path = Vec::new();
    let mut seen_at = vec![None; nodes.len()];
    let mut current = open.iter().position(|&count| count > 0);
    while let Some(index) = current {
        if let Some(start) = seen_at[index] {
            path.drain(..start);
            break;
        }
        seen_at[index] = Some(path.len());
        path.push(index);
        current =
            dependencies_of(&nodes[index], nodes.len()).into_iter().find(|&dependency| open[dependency] > 0);
    }
    // Begun at its smallest index, so that a cycle reads the same wherever the walk entered it.
    let smallest = (0..path.len()).min_by_key(|&position| path[position]).unwrap_or(0);
    path.rotate_left(smallest);
    path.extend(path.first().copied());
    Cycle(path)
}

/// Estimates shrunk towards their mean; a missing one is the mean.
fn believed_hours(nodes: &[Node]) -> Vec<f64> {
    let hours: Vec<Option<f64>> = nodes.iter().map(given_hours).collect();
    let count = hours.iter().flatten().count();
    let mean = if count == 0 { HOURS_DEFAULT } else { hours.iter().flatten().sum::<f64>() / count as f64 };
    hours.into_iter().map(|hours| hours.map_or(mean, |hours| shrunk(hours, mean))).collect()
}

/// An estimate as far as it is believed: 16 times the mean counts as twice the mean.
///
/// Exponent 1/4: on 167 real and standard graphs with estimates off by a factor e (lognormal, sigma 1)
/// the 90th percentile of the makespan over that with exact estimates is 1.04, 1.05, 1.06 with 3, 8,
/// 16 workers; 1.05, 1.10, 1.06 without shrinking, 1.05, 1.09, 1.10 without estimates. Roots are exact
/// to the bit on every machine, logarithms are not.
fn shrunk(hours: f64, mean: f64) -> f64 {
    mean * (hours / mean).sqrt().sqrt()
}

/// A task's estimate; `None` when it has none.
fn given_hours(node: &Node) -> Option<f64> {
    let hours = node.estimated_hours;
    (hours.is_finite() && hours > 0.0).then(|| hours.min(HOURS_MAX))
}
