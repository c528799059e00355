//! What `npm run bench` measures beside the core itself. Only in builds with the feature `bench`,
//! never in the published package.

mod hygiene;

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::schedule::{Node, Schedule};

/// A schedule by itself: in the product only the engine talks to one.
#[wasm_bindgen]
pub struct BenchSchedule(Schedule);

#[wasm_bindgen]
impl BenchSchedule {
    /// A schedule of `hours.length` tasks. Task `i` depends on `dependencies[starts[i]..starts[i + 1]]`.
    /// Throws when there is a cycle or a range does not fit.
    #[wasm_bindgen(constructor)]
    pub fn new(hours: &[f64], starts: &[u32], dependencies: &[u32]) -> Result<Self, JsError> {
        let nodes: Option<Vec<Node>> = hours
            .iter()
            .zip(starts.windows(2))
            .map(|(&estimated_hours, range)| {
                let own = dependencies.get(range[0] as usize..range[1] as usize)?;
                Some(Node { depends_on: own.iter().map(|&index| index as usize).collect(), estimated_hours })
            })
            .collect();
        let nodes = nodes.ok_or_else(|| JsError::new("a range of dependencies does not fit"))?;
        let schedule = Schedule::new(&nodes).map_err(|_| JsError::new("the dependencies have a cycle"))?;
        Ok(Self(schedule))
    }

    /// How many tasks wait to be taken.
    pub fn ready(&self) -> usize {
        self.0.ready()
    }

    /// Takes the next task, without any penalty.
    pub fn next(&mut self) -> Option<usize> {
        self.0.next(|_| 0.0)
    }

    /// Marks a task as done.
    pub fn complete(&mut self, index: usize) {
        self.0.complete(index);
    }
}
