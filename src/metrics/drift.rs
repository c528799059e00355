//! How far agents strayed from their tasks, as a figure for all.

use serde::{Deserialize, Serialize};

use super::TaskFigures;
use crate::resilience::drift::Figures;
use crate::text::count;

/// How far one session strayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The largest share of what it took in that has nothing to do with its task.
    pub percent: u64,
    /// How often the person was told.
    pub alerts: u32,
    /// How often its agent was told.
    pub nudges: u32,
}

impl Drift {
    /// Of a session's figures.
    pub fn of(figures: &Figures) -> Self {
        Self { percent: figures.drift_percent, alerts: figures.alerts, nudges: figures.nudges }
    }
}

/// The peak and where it was, and how often somebody was told.
pub(super) fn drifts(tasks: &[TaskFigures]) -> String {
    let all = || tasks.iter().flat_map(|task| task.drift.iter().map(move |drift| (task, drift)));
    let Some((task, peak)) = all().max_by_key(|(_, drift)| drift.percent) else {
        return "no data yet".to_owned();
    };
    let sum = |figure: fn(&Drift) -> u32| all().map(|(_, drift)| figure(drift) as usize).sum();
    let (alerts, nudges) = (sum(|drift| drift.alerts), sum(|drift| drift.nudges));
    let at = if peak.percent > 0 { format!(" ({})", task.id) } else { String::new() };
    format!(
        "at most {} %{at} of what a session took in was away from its task; {}, {} told",
        peak.percent,
        count(alerts, "alert", "alerts"),
        count(nudges, "agent", "agents")
    )
}
