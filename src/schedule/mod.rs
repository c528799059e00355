//! Which task is next: longest remaining path first, without batches.
//!
//! Tasks are plain indexes here. `graph` holds what follows from dependencies and estimates and never
//! changes; `Schedule` adds what is ready, taken and done.

mod graph;
mod overlap;
#[cfg(test)]
mod properties;

pub use overlap::{is_among, overlap};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use graph::Graph;

/// So many ready tasks with the longest remaining paths compete once penalties are looked at. More
/// would cost time and let a task jump far ahead of a longer path.
const BEST_FEW: usize = 8;

/// A task as the schedule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Indexes of the tasks that must be done first. Those out of range are ignored.
    pub depends_on: Vec<usize>,
    /// A guess in hours; 0, negative or not finite when there is none.
    pub estimated_hours: f64,
}

/// A real cycle: each index depends on the next one, and the first is repeated at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// For a dependency.
    Waiting,
    /// For a worker.
    Ready,
    /// With a worker.
    Taken,
    /// Behind us.
    Completed,
    /// Out of this run.
    Removed,
}

/// Hands out tasks whose dependencies are complete, each to one taker at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    graph: Graph,
    places: Vec<Place>,
    /// Dependencies that are not complete yet.
    open: Vec<u32>,
    /// Ranks of the ready tasks.
    ready: BTreeSet<u32>,
}

impl Schedule {
    /// Builds the schedule in O(n log n + e log n); the error is a cycle among the dependencies.
    pub fn new(nodes: &[Node]) -> Result<Self, Cycle> {
        let graph = Graph::new(nodes)?;
        let open = graph.dependencies();
        let mut schedule =
            Self { places: vec![Place::Waiting; open.len()], ready: BTreeSet::new(), graph, open };
        for index in 0..schedule.open.len() {
            schedule.make_ready_if_free(index);
        }
        Ok(schedule)
    }

    /// Marks a task as done, whatever it was before; its dependents may become ready. Idempotent.
    pub fn complete(&mut self, index: usize) {
        if !self.leave(index, Place::Completed) {
            return;
        }
        for position in 0..self.graph.direct_dependents(index).len() {
            let dependent = self.graph.direct_dependents(index)[position] as usize;
            self.open[dependent] -= 1;
            self.make_ready_if_free(dependent);
        }
    }

    /// Takes the ready task with the longest remaining path. Among the best few, `penalty` (in hours)
    /// is subtracted first; ties go to the smaller index. `None` when nothing is ready.
    pub fn next(&mut self, penalty: impl Fn(usize) -> f64) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for &rank in self.ready.iter().take(BEST_FEW) {
            let index = self.graph.at_rank(rank);
            let penalty = penalty(index);
            let penalty = if penalty.is_nan() { 0.0 } else { penalty };
            let score = self.graph.remaining_hours(index) - penalty;
            if best.is_none_or(|(top, first)| score > top || (score == top && index < first)) {
                best = Some((score, index));
            }
        }
        let (_, index) = best?;
        self.ready.remove(&self.graph.rank(index));
        self.places[index] = Place::Taken;
        Some(index)
    }

    /// Makes a taken task ready again; anything else stays as it is.
    pub fn give_back(&mut self, index: usize) {
        if self.places.get(index) == Some(&Place::Taken) {
            self.places[index] = Place::Waiting;
            self.make_ready_if_free(index);
        }
    }

    /// Takes a task out of this run, failed or not wanted: it is never handed out again. A completed
    /// task stays completed.
    pub fn remove(&mut self, index: usize) {
        self.leave(index, Place::Removed);
    }

    /// How many tasks wait to be taken.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Moves a task to a place it never leaves; `false` when it is completed or does not exist.
    fn leave(&mut self, index: usize, place: Place) -> bool {
        match self.places.get_mut(index) {
            None | Some(Place::Completed) => false,
            Some(current) => {
                *current = place;
                self.ready.remove(&self.graph.rank(index));
                true
            }
        }
    }

    fn make_ready_if_free(&mut self, index: usize) {
        if self.open[index] == 0 && self.places[index] == Place::Waiting {
            self.places[index] = Place::Ready;
            self.ready.insert(self.graph.rank(index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(parts: &[(&[usize], f64)]) -> Vec<Node> {
        parts
            .iter()
            .map(|&(depends_on, estimated_hours)| Node { depends_on: depends_on.to_vec(), estimated_hours })
            .collect()
    }

    fn all(schedule: &mut Schedule) -> Vec<usize> {
        std::iter::from_fn(|| schedule.next(|_| 0.0)).collect()
    }

    #[test]
    fn the_longest_remaining_path_goes_first() {
        // 1 is short, but 3 waits for it.
        let graph = nodes(&[(&[], 3.0), (&[], 1.0), (&[], 2.0), (&[1], 8.0)]);
        let mut schedule = Schedule::new(&graph).unwrap();
        assert_eq!(all(&mut schedule), [1, 0, 2]);
        schedule.complete(1);
        assert_eq!(schedule.next(|_| 0.0), Some(3));
        assert!(schedule.graph.remaining_hours(1) > schedule.graph.remaining_hours(3));
    }

    #[test]
    fn ties_go_to_the_smaller_index() {
        let mut schedule = Schedule::new(&nodes(&[(&[][..], 1.0); 12])).unwrap();
        assert_eq!(all(&mut schedule), (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_penalty_moves_a_task_back_but_never_blocks_it() {
        let graph = nodes(&[(&[], 5.0), (&[], 4.0)]);
        let mut schedule = Schedule::new(&graph).unwrap();
        let penalty = |index| if index == 0 { 100.0 } else { 0.0 };
        assert_eq!(schedule.next(penalty), Some(1));
        assert_eq!(schedule.next(penalty), Some(0));
        assert_eq!(schedule.next(penalty), None);
    }

    #[test]
    fn a_penalty_that_is_no_number_counts_as_none() {
        let mut schedule = Schedule::new(&nodes(&[(&[], 1.0), (&[], 9.0)])).unwrap();
        assert_eq!(schedule.next(|_| f64::NAN), Some(1));
        assert_eq!(schedule.next(|_| f64::INFINITY), Some(0));
    }

    #[test]
    fn missing_estimates_count_as_the_mean() {
        let graph =
            nodes(&[(&[], 2.0), (&[], 4.0), (&[], 0.0), (&[], f64::NAN), (&[], f64::INFINITY), (&[], -1.0)]);
        let schedule = Schedule::new(&graph).unwrap();
        for index in 2..6 {
            assert_eq!(schedule.graph.remaining_hours(index), 3.0, "{index}");
        }
        assert!((2.0..3.0).contains(&schedule.graph.remaining_hours(0)));
        let graph = nodes(&[(&[], 16.0), (&[], 1.0), (&[], 1.0), (&[], 1.0), (&[], 1.0)]);
        let schedule = Schedule::new(&graph).unwrap();
        assert_eq!(schedule.graph.remaining_hours(0), 4.0 * 2.0_f64.sqrt());
        let schedule = Schedule::new(&nodes(&[(&[], 0.0)])).unwrap();
        assert_eq!(schedule.graph.remaining_hours(0), 1.0);
    }

    #[test]
    fn what_is_given_back_is_ready_again_and_what_is_removed_never() {
        let mut schedule = Schedule::new(&nodes(&[(&[], 2.0), (&[], 1.0), (&[0], 1.0)])).unwrap();
        assert_eq!(schedule.next(|_| 0.0), Some(0));
        schedule.give_back(0);
        schedule.give_back(1);
        assert_eq!(schedule.ready(), 2);
        schedule.remove(0);
        schedule.give_back(0);
        assert_eq!(all(&mut schedule), [1]);
        schedule.complete(1);
        assert_eq!(schedule.ready(), 0);
    }

    #[test]
    fn completion_counts_once() {
        let mut schedule = Schedule::new(&nodes(&[(&[], 1.0), (&[], 1.0), (&[0, 1], 1.0)])).unwrap();
        schedule.complete(0);
        schedule.complete(0);
        assert_eq!(all(&mut schedule), [1]);
        schedule.complete(1);
        assert_eq!(all(&mut schedule), [2]);
    }

    #[test]
    fn a_dependency_named_twice_counts_once() {
        let mut schedule = Schedule::new(&nodes(&[(&[], 1.0), (&[0, 0, 99], 1.0)])).unwrap();
        schedule.complete(0);
        assert_eq!(all(&mut schedule), [1]);
    }

    #[test]
    fn a_cycle_begins_at_its_smallest_index() {
        let graph = nodes(&[(&[3], 1.0), (&[2], 1.0), (&[3], 1.0), (&[1], 1.0)]);
        assert_eq!(Schedule::new(&graph), Err(Cycle(vec![1, 2, 3, 1])));
        assert_eq!(Schedule::new(&nodes(&[(&[0], 1.0)])), Err(Cycle(vec![0, 0])));
    }

    #[test]
    fn no_tasks_are_no_trouble() {
        let mut schedule = Schedule::new(&[]).unwrap();
        assert_eq!(schedule.next(|_| 0.0), None);
        schedule.complete(0);
    }
}
