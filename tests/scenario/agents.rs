//! What the agents of a scenario do when they are asked.

use std::collections::{BTreeMap, VecDeque};

use multi_agent_coder::backlog::{Backlog, Scope, Status, TaskContext, TaskSpec, render};
use multi_agent_coder::effect::session::{Purpose, Trouble};
use multi_agent_coder::ids::{TaskId, TrackId};
use multi_agent_coder::plan::Planner;

/// Stands in every planning text; no worker may ever see it.
pub const PLAN_MARK: &str = "only-planners-know-this";

/// What an agent does with one ask.
#[derive(Clone, Debug)]
pub enum Act {
    /// It answers and changes nothing.
    Reply(String),
    /// It writes files and ends well.
    Change(Vec<(String, String)>),
    /// It writes its usual file, and its last message is this one.
    Note(String),
    /// The host reports an error.
    Fail(Trouble),
    /// It never answers.
    Hang,
    /// Nothing is heard from it at all.
    Silent,
    /// It ends with this finish reason.
    Finish(Option<&'static str>),
}

impl Act {
    /// Writes files.
    pub fn change(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self::Change(files.iter().map(owned).collect())
    }

    /// An error of the provider.
    pub fn error(status: u16, message: &str) -> Self {
        Self::Fail(Trouble::Error { name: "APIError".into(), status: Some(status), message: message.into() })
    }

    /// A better spec: its fields as lines of YAML.
    pub fn proposal(confidence: f64, reasoning: &str, fields: &str) -> Self {
        let fields: String = fields.lines().map(|line| format!("  {line}\n")).collect();
        Self::Reply(format!(
            "I thought about it.\n\n```yaml\nconfidence: {confidence}\nreasoning: {reasoning:?}\ntask:\n{fields}```\n"
        ))
    }

    /// A reviewer's verdict.
    pub fn verdict(verdict: &str, issues: &[&str]) -> Self {
        let issues: String = issues.iter().map(|issue| format!("  - {issue:?}\n")).collect();
        let issues = if issues.is_empty() { " []\n".to_owned() } else { format!("\n{issues}") };
        Self::Reply(format!("I looked.\n\n```yaml\nverdict: {verdict}\nissues:{issues}```\n"))
    }
}

/// The scripts, by `planner-spec`, `backlog`, `T01`, `review T01`; who has none does a good job.
#[derive(Clone, Debug, Default)]
pub struct Agents {
    pub scripts: BTreeMap<String, VecDeque<Act>>,
    /// What the backlog agent answers.
    pub tasks: Vec<TaskSpec>,
}

/// The name under which a session's agent has its script.
pub fn key(purpose: &Purpose) -> String {
    match (&purpose.task, purpose.agent.as_str()) {
        (Some(task), "reviewer") => format!("review {task}"),
        (Some(task), "rebase") => format!("rebase {task}"),
        (Some(task), "compressor") => format!("shorten {task}"),
        (Some(task), _) => task.clone(),
        (None, agent) => agent.to_owned(),
    }
}

impl Agents {
    /// What an agent does next; the usual afterwards.
    pub fn script(&mut self, who: &str, acts: Vec<Act>) {
        self.scripts.entry(who.to_owned()).or_default().extend(acts);
    }

    /// What an agent does now.
    pub fn next(&mut self, purpose: &Purpose) -> Act {
        let scripted = self.scripts.get_mut(&key(purpose));
        if let Some(act) = scripted.and_then(VecDeque::pop_front) {
            return act;
        }
        match purpose.agent.as_str() {
            "backlog" => Act::Reply(backlog_reply(&self.tasks)),
            "reviewer" => Act::verdict("approved", &[]),
            "rebase" => Act::proposal(0.2, "I cannot tell what is wrong.", "description: \"The same.\""),
            "compressor" => Act::Reply("It cannot be shorter.".into()),
            "implementer" | "documenter" => Act::Note("Built it, with tests. Nothing special.".into()),
            agent => {
                let planner = Planner::ALL.into_iter().find(|p| p.agent() == agent);
                Act::Reply(document(planner.expect("a known agent"), 0))
            }
        }
    }

    /// A task's usual file.
    pub fn file_of(&self, task: &str) -> String {
        let spec = self.tasks.iter().find(|spec| spec.id.as_str() == task);
        spec.map_or_else(|| "lost.txt".into(), |spec| spec.scope.files_hint[0].clone())
    }
}

/// A planner's document, without its last `lacking` sections.
pub fn document(planner: Planner, lacking: usize) -> String {
    let required = planner.required();
    let sections: String = required[..required.len() - lacking]
        .iter()
        .map(|title| format!("## {title}\n\nWords on {title}, {PLAN_MARK}.\n\n"))
        .collect();
    format!("Here is my document.\n\n# {}\n\n{sections}", planner.document())
}

/// A good reply of the backlog agent.
pub fn backlog_reply(tasks: &[TaskSpec]) -> String {
    let file = render(&backlog(tasks.to_vec()));
    let at = file.find("tasks:").expect("a backlog has tasks");
    format!("The plan ({PLAN_MARK}) becomes:\n\n```yaml\n{}```\n", &file[at..])
}

/// A backlog file's content.
pub fn backlog(tasks: Vec<TaskSpec>) -> Backlog {
    Backlog {
        version: "1.0".into(),
        track_id: TrackId("cart-1".into()),
        created_at: "2025-01-01T00:00:00Z".into(),
        revision: None,
        updated_at: None,
        limits: Default::default(),
        tasks,
    }
}

/// A task with a file of its own in a directory of its own.
pub fn task(id: &str, title: &str, hours: f64, after: &[&str]) -> TaskSpec {
    let lower = id.to_lowercase();
    TaskSpec {
        id: TaskId(id.into()),
        title: title.into(),
        description: format!("Build this part of the cart: {}.", title.to_lowercase()),
        status: Status::Pending,
        depends_on: after.iter().map(|id| TaskId((*id).into())).collect(),
        acceptance: vec![format!("the {} works", title.to_lowercase())],
        scope: Scope { files_hint: vec![format!("{lower}/main.js")], estimated_hours: hours },
        context: TaskContext::default(),
        attempts: 0,
        last_attempt: None,
        error: None,
        kind: None,
    }
}

/// Three tasks side by side and one that needs them all.
pub fn four_tasks() -> Vec<TaskSpec> {
    vec![
        task("T01", "Price list", 2.0, &[]),
        task("T02", "Discounts", 1.5, &[]),
        task("T03", "Tax", 1.0, &[]),
        task("T04", "Checkout", 2.0, &["T01", "T02", "T03"]),
    ]
}
