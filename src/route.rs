//! Which model does which kind of work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::backlog::{TaskSpec, WorkKind};
use crate::ids::ModelRef;
use crate::options::ModelOptions;
use crate::text;

/// The kinds of work that need a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A planner writes its document.
    Planning,
    /// The plan becomes a backlog.
    BacklogGeneration,
    /// A code task.
    CodeImplementation,
    /// A task marked as simple.
    SimpleChange,
    /// A documentation task, or a task said in fewer words: prose, both.
    Documentation,
    /// A change is judged.
    Review,
    /// A task's spec is improved.
    Rebase,
}

impl Work {
    /// Every kind, in the order in which a feature meets them.
    pub const ALL: [Self; 7] = [
        Self::Planning,
        Self::BacklogGeneration,
        Self::CodeImplementation,
        Self::SimpleChange,
        Self::Documentation,
        Self::Review,
        Self::Rebase,
    ];

    /// Its name, which is also its key under `models` in the options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::BacklogGeneration => "backlog_generation",
            Self::CodeImplementation => "code_implementation",
            Self::SimpleChange => "simple_change",
            Self::Documentation => "documentation",
            Self::Review => "review",
            Self::Rebase => "rebase",
        }
    }

    /// Whether the person's `small_model` is good enough for it.
    fn is_cheap(self) -> bool {
        matches!(self, Self::Planning | Self::Documentation | Self::SimpleChange)
    }

    fn option(self, options: &ModelOptions) -> Option<&ModelRef> {
        match self {
            Self::Planning => options.planning.as_ref(),
            Self::BacklogGeneration => options.backlog_generation.as_ref(),
            Self::CodeImplementation => options.code_implementation.as_ref(),
            Self::SimpleChange => options.simple_change.as_ref(),
            Self::Documentation => options.documentation.as_ref(),
            Self::Review => options.review.as_ref(),
            Self::Rebase => options.rebase.as_ref(),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The model of each kind of work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Routing(BTreeMap<Work, ModelRef>);

impl Routing {
    /// The model for a kind of work.
    pub fn model(&self, work: Work) -> Option<&ModelRef> {
        self.0.get(&work)
    }

    /// Every model in use, once, by name.
    pub fn models(&self) -> Vec<ModelRef> {
        let distinct: BTreeSet<&ModelRef> = self.0.values().collect();
        distinct.into_iter().cloned().collect()
    }
}

/// No model is set for work that needs one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "no model for {}: set `model` in OpenCode's configuration (a model picked in the chat does not count), or {} in this plugin's options, each as \"provider/model\"",
    text::list(&names("", works)),
    text::list(&names("models.", works))
)]
pub struct NoModel {
    /// The work.
    pub works: Vec<Work>,
}

fn names(prefix: &str, works: &[Work]) -> Vec<String> {
    works.iter().map(|work| format!("{prefix}{work}")).collect()
}

/// Chooses a model for each kind of work: the person's option, else for cheap work (planning,
/// documentation, simple changes) their `small_model`, else their `model`.
///
/// # Errors
/// [`NoModel`] with every kind of work that is left without one.
pub fn route(
    options: &ModelOptions,
    model: Option<&ModelRef>,
    small_model: Option<&ModelRef>,
) -> Result<Routing, NoModel> {
    let mut chosen = BTreeMap::new();
    let mut works = Vec::new();
    for work in Work::ALL {
        let small = small_model.filter(|_| work.is_cheap());
        // Who writes code knows what a task must say.
        let kin = options.code_implementation.as_ref().filter(|_| work == Work::Rebase);
        match work.option(options).or(small).or(model).or(kin) {
            Some(model) => {
                chosen.insert(work, model.clone());
            }
            // Then the model for code is missing too, and named.
            None if work == Work::Rebase => {}
            None => works.push(work),
        }
    }
    if works.is_empty() { Ok(Routing(chosen)) } else { Err(NoModel { works }) }
}

/// The kind of work a task is: what the backlog says; without a word from it documentation when
/// only documentation is hinted at, else code.
pub fn work_of(task: &TaskSpec) -> Work {
    let hints = &task.scope.files_hint;
    match task.kind {
        Some(WorkKind::Code) => Work::CodeImplementation,
        Some(WorkKind::Documentation) => Work::Documentation,
        Some(WorkKind::Simple) => Work::SimpleChange,
        None if !hints.is_empty() && hints.iter().all(|path| is_documentation(path)) => Work::Documentation,
        None => Work::CodeImplementation,
    }
}

/// Whether a path or glob can only mean documentation: by its ending, or without one (`docs/**`) by
/// its directory.
fn is_documentation(path: &str) -> bool {
    const ENDINGS: [&str; 5] = ["md", "mdx", "markdown", "rst", "adoc"];
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending),
        None => path.starts_with("docs/") || path.starts_with("doc/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::sample_task;

    fn model(text: &str) -> ModelRef {
        ModelRef::parse(text).unwrap()
    }

    #[test]
    fn cheap_work_takes_the_small_model_and_the_rest_the_large_one() {
        let (large, small) = (model("a/large"), model("a/small"));
        let routing = route(&ModelOptions::default(), Some(&large), Some(&small)).unwrap();
        for work in Work::ALL {
            let cheap = [Work::Planning, Work::Documentation, Work::SimpleChange];
            let expected = if cheap.contains(&work) { &small } else { &large };
            assert_eq!(routing.model(work), Some(expected), "{work}");
        }
        assert_eq!(routing.models(), [large, small]);
    }

    #[test]
    fn an_option_wins_over_both() {
        let own = model("b/own");
        let options = ModelOptions {
            planning: Some(own.clone()),
            review: Some(own.clone()),
            ..ModelOptions::default()
        };
        let large = model("a/large");
        let routing = route(&options, Some(&large), Some(&model("a/small"))).unwrap();
        assert_eq!(routing.model(Work::Planning), Some(&own));
        assert_eq!(routing.model(Work::Review), Some(&own));
        assert_eq!(routing.model(Work::CodeImplementation), Some(&large));
    }

    #[test]
    fn missing_models_are_named_with_where_to_set_them() {
        let error = route(&ModelOptions::default(), None, Some(&model("a/small"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no model for backlog_generation, code_implementation and review: set `model` in \
             OpenCode's configuration (a model picked in the chat does not count), or models.backlog_generation, models.code_implementation and \
             models.review in this plugin's options, each as \"provider/model\""
        );
    }

    #[test]
    fn who_writes_code_writes_specs_too() {
        let own = Some(model("b/own"));
        let options = ModelOptions {
            code_implementation: own.clone(),
            review: own.clone(),
            backlog_generation: own.clone(),
            ..ModelOptions::default()
        };
        let routing = route(&options, None, own.as_ref()).unwrap();
        assert_eq!(routing.model(Work::Rebase), own.as_ref());
        assert_eq!(routing.models(), [model("b/own")]);
    }

    #[test]
    fn a_name_is_the_key_it_is_serialized_as() {
        for work in Work::ALL {
            assert_eq!(serde_json::to_value(work).unwrap(), work.name());
        }
    }

    #[test]
    fn the_type_of_a_task_wins_over_its_files() {
        let mut task = sample_task();
        task.scope.files_hint = vec!["README.md".to_owned()];
        let cases = [
            (Some(WorkKind::Code), Work::CodeImplementation),
            (Some(WorkKind::Documentation), Work::Documentation),
            (Some(WorkKind::Simple), Work::SimpleChange),
            (None, Work::Documentation),
        ];
        for (kind, work) in cases {
            task.kind = kind;
            assert_eq!(work_of(&task), work, "{kind:?}");
        }
    }

    #[test]
    fn only_documentation_files_make_documentation_work() {
        let mut task = sample_task();
        let cases: [(&[&str], Work); 6] = [
            (&[], Work::CodeImplementation),
            (&["docs/**", "README.MD"], Work::Documentation),
            (&["guide/a.rst", "src/a.rs"], Work::CodeImplementation),
            (&["docs/conf.py"], Work::CodeImplementation),
            (&["src/docs"], Work::CodeImplementation),
            (&["requirements.txt"], Work::CodeImplementation),
        ];
        for (paths, work) in cases {
            task.scope.files_hint = paths.iter().map(|path| (*path).to_owned()).collect();
            assert_eq!(work_of(&task), work, "{paths:?}");
        }
    }
}
