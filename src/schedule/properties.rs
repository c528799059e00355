//! What holds for every graph: order, bound, and that no task is handed out twice.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Node, Schedule};

/// Tasks with estimates, true durations, and dependencies on smaller indexes only.
fn graph() -> impl Strategy<Value = (Vec<Node>, Vec<u64>)> {
    (1..24_usize).prop_flat_map(|count| {
        let nodes = (0..count)
            .map(|index| (vec(0..count, 0..=index.min(4)), 0.0..20.0_f64))
            .map(|parts| parts.prop_map(|(depends_on, estimated_hours)| Node { depends_on, estimated_hours }))
            .collect::<Vec<_>>();
        (nodes, vec(1..50_u64, count)).prop_map(|(mut nodes, durations)| {
            for (index, node) in nodes.iter_mut().enumerate() {
                node.depends_on.retain(|&dependency| dependency < index);
            }
            (nodes, durations)
        })
    })
}

/// Runs a schedule with so many workers; returns each task's start and end.
fn run(
    nodes: &[Node],
    durations: &[u64],
    workers: usize,
    penalty: impl Fn(usize) -> f64,
) -> Vec<Option<(u64, u64)>> {
    let mut schedule = Schedule::new(nodes).expect("dependencies point backwards");
    let mut spans = vec![None; nodes.len()];
    let mut running: Vec<(u64, usize)> = Vec::new();
    let mut now = 0;
    loop {
        while running.len() < workers {
            let Some(index) = schedule.next(&penalty) else {
                break;
            };
            assert_eq!(spans[index], None, "task {index} was handed out twice");
            spans[index] = Some((now, now + durations[index]));
            running.push((now + durations[index], index));
        }
        let Some(&(end, index)) = running.iter().min() else {
            return spans;
        };
        running.retain(|&(_, other)| other != index);
        now = end;
        schedule.complete(index);
    }
}

/// The longest path of true durations.
fn critical_path(nodes: &[Node], durations: &[u64]) -> u64 {
    let mut ends = vec![0; nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        let start = node.depends_on.iter().map(|&d| ends[d]).max().unwrap_or(0);
        ends[index] = start + durations[index];
    }
    ends.into_iter().max().unwrap_or(0)
}

proptest! {
    #[test]
    fn runs_everything_in_order_and_within_grahams_bound(
        (nodes, durations) in graph(),
        workers in 1..6_u64,
        penalties in vec(-5.0..5.0_f64, 24),
    ) {
        let spans = run(&nodes, &durations, workers as usize, |index| penalties[index]);
        let mut makespan = 0;
        for (index, span) in spans.iter().enumerate() {
            let (start, end) = span.expect("every task runs");
            makespan = makespan.max(end);
            for &dependency in &nodes[index].depends_on {
                prop_assert!(spans[dependency].is_some_and(|(_, end)| end <= start));
            }
        }
        // Graham: work / m + (1 - 1/m) * critical path, here times m to stay in whole numbers.
        let work: u64 = durations.iter().sum();
        let bound = work + (workers - 1) * critical_path(&nodes, &durations);
        prop_assert!(makespan * workers <= bound, "{makespan} * {workers} > {bound}");
    }

    /// Whatever is called in whatever order, with indexes that do not exist too.
    #[test]
    fn any_calls_keep_the_promises(
        (nodes, _) in graph(),
        calls in vec((0..5_u8, 0..26_usize), 0..80),
    ) {
        let count = nodes.len();
        let mut schedule = Schedule::new(&nodes).unwrap();
        let (mut taken, mut done, mut removed) = (vec![false; count], vec![false; count], vec![false; count]);
        for (call, index) in calls {
            match call {
                0 | 1 => {
                    let ready = schedule.ready();
                    let Some(index) = schedule.next(|_| 0.0) else {
                        prop_assert_eq!(ready, 0);
                        continue;
                    };
                    prop_assert_eq!(schedule.ready(), ready - 1);
                    prop_assert!(!taken[index] && !done[index] && !removed[index]);
                    prop_assert!(nodes[index].depends_on.iter().all(|&d| done[d]));
                    taken[index] = true;
                }
                2 => {
                    schedule.complete(index);
                    if index < count {
                        done[index] = true;
                        taken[index] = false;
                    }
                }
                3 => {
                    schedule.give_back(index);
                    if index < count {
                        taken[index] = false;
                    }
                }
                _ => {
                    schedule.remove(index);
                    if index < count {
                        removed[index] = true;
                        taken[index] = false;
                    }
                }
            }
            let free = |i: usize| nodes[i].depends_on.iter().all(|&d| done[d]);
            let expected = (0..count)
                .filter(|&i| !taken[i] && !done[i] && !removed[i] && free(i))
                .count();
            prop_assert_eq!(schedule.ready(), expected);
        }
    }

    #[test]
    fn a_cycle_is_real_and_found_exactly_when_there_is_one(
        edges in vec((0..12_usize, 0..12_usize), 0..30),
    ) {
        let mut nodes = vec![Node { depends_on: Vec::new(), estimated_hours: 1.0 }; 12];
        for (from, to) in edges {
            nodes[from].depends_on.push(to);
        }
        match Schedule::new(&nodes) {
            Err(cycle) => {
                prop_assert!(cycle.0.len() >= 2 && cycle.0.first() == cycle.0.last());
                for pair in cycle.0.windows(2) {
                    prop_assert!(nodes[pair[0]].depends_on.contains(&pair[1]));
                }
            }
            Ok(mut schedule) => {
                let mut count = 0;
                while let Some(index) = schedule.next(|_| 0.0) {
                    schedule.complete(index);
                    count += 1;
                }
                prop_assert_eq!(count, 12);
            }
        }
    }

    #[test]
    fn overlap_is_symmetric_and_between_0_and_1(
        a in vec("[a-c*{},/?\\[\\]!]{0,8}", 0..4),
        b in vec("[a-c*{},/?\\[\\]!]{0,8}", 0..4),
    ) {
        let both = super::overlap(&a, &b);
        prop_assert!((0.0..=1.0).contains(&both));
        prop_assert_eq!(both, super::overlap(&b, &a));
    }
}
