//! What `npm run bench` measures beside the core itself. Only in builds with the feature `bench`,
//! never in the published package.

mod hygiene;

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::context::{KnownFile, compress, keeps_atoms};
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

/// A text compressed to at most `bytes_max` bytes; nothing when it is refused. `paths[i]` is a known
/// file of `lines[i]` lines.
#[wasm_bindgen(js_name = benchCompress)]
pub fn bench_compress(text: &str, bytes_max: usize, paths: Vec<String>, lines: &[u32]) -> Option<String> {
    let files = paths.into_iter().zip(lines).map(|(path, lines)| KnownFile { path, lines: *lines });
    compress(text, bytes_max, &files.collect::<Vec<_>>()).ok()
}

/// How many of a text's atoms a shorter one has lost.
#[wasm_bindgen(js_name = benchAtomsLost)]
pub fn bench_atoms_lost(original: &str, shorter: &str) -> usize {
    keeps_atoms(original, shorter).map_or_else(|lost| lost.len(), |()| 0)
}
