//! `/spec template <feature> [name]`: a feature becomes a template of the person's own.

use serde::Serialize;

use crate::backlog;
use crate::effect::Outcome;
use crate::effect::file::{Expected, FileOutcome, Place};
use crate::engine::Turn;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read, write};
use crate::run::plan::template::own_path;
use crate::run::specs::directory;
use crate::run::{Progress, Run, Waiter};
use crate::spec::{FeatureId, INDEX, Index};
use crate::template::{is_name, save};
use crate::text::bullets;

/// A template in the making.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Saving {
    /// The feature as the person named it.
    wanted: String,
    /// How the template is to be called; the feature's own words when nothing was said.
    name: Option<String>,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Stage {
    /// The index is being read.
    Index,
    /// The feature's backlog is being read.
    Backlog { id: FeatureId, title: String },
    /// The template is being written.
    Writing { path: String, told: String },
}

type Step = Progress<Saving, String>;

/// Begins with the words behind `template`.
///
/// # Errors
/// A sentence on what is wrong with them.
pub(crate) fn begin(turn: &mut Turn, run: &Run, words: &[&str]) -> Result<Saving, String> {
    let (wanted, name) = match words {
        [wanted] => (*wanted, None),
        [wanted, name] if is_name(name) => (*wanted, Some((*name).to_owned())),
        [_, name] => {
            return Err(format!("{name} cannot name a template: use small letters, digits and -"));
        }
        _ => {
            return Err(
                "/spec template takes a feature and perhaps a name: `/spec template feature-001 sign-in`"
                    .to_owned(),
            );
        }
    };
    let path = format!("{}/{INDEX}", directory(&run.options));
    turn.request(Waiter::Spec, read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
    Ok(Saving { wanted: wanted.to_owned(), name, stage: Stage::Index })
}

impl Saving {
    /// A step ended. Done with what the person is told.
    pub fn resolved(self, turn: &mut Turn, run: &Run, outcome: &Outcome) -> Step {
        match self.stage.clone() {
            Stage::Index => self.index_read(turn, run, outcome),
            Stage::Backlog { id, title } => self.backlog_read(turn, run, &id, &title, outcome),
            Stage::Writing { path, told } => match outcome {
                Outcome::File(FileOutcome::Written { .. }) => Progress::Done(told),
                Outcome::File(FileOutcome::Changed) => Progress::Failed(format!(
                    "{path} is there already and was left as it is; name another: `/spec template {} <name>`",
                    self.wanted
                )),
                other => Progress::Failed(file_failure(other, &path)),
            },
        }
    }

    fn index_read(self, turn: &mut Turn, run: &Run, outcome: &Outcome) -> Step {
        let path = format!("{}/{INDEX}", directory(&run.options));
        let index = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => Index::parse(&path, text),
            Outcome::File(FileOutcome::Missing) => Ok(Index::default()),
            other => return Progress::Failed(file_failure(other, &path)),
        };
        let found = index.map_err(|problem| problem.to_string());
        let found = found.and_then(|index| {
            index.find(&self.wanted).map(|listed| (listed.id.clone(), listed.title.clone()))
        });
        let (id, title) = match found {
            Ok(found) => found,
            Err(problem) => return Progress::Failed(problem),
        };
        let path = format!("{}/{id}/BACKLOG.yaml", directory(&run.options));
        turn.request(Waiter::Spec, read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        Progress::More(Self { stage: Stage::Backlog { id, title }, ..self })
    }

    fn backlog_read(
        self,
        turn: &mut Turn,
        run: &Run,
        id: &FeatureId,
        title: &str,
        outcome: &Outcome,
    ) -> Step {
        let path = format!("{}/{id}/BACKLOG.yaml", directory(&run.options));
        let backlog = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => backlog::parse(text),
            other => return Progress::Failed(file_failure(other, &path)),
        };
        let backlog = match backlog {
            Ok(backlog) => backlog,
            Err(problems) => {
                return Progress::Failed(format!("{path} has problems:\n{}", bullets(&problems)));
            }
        };
        let name = self.name.clone().unwrap_or_else(|| id.slug().to_owned());
        let text = save(&name, &id.to_string(), id.slug(), title, &backlog);
        let path = own_path(&run.options, &name);
        let next = if text.contains("\nvariables:\n") {
            format!("The feature's name is its variable NAME (`{}` by default)", id.slug())
        } else {
            "It has no variables yet".to_owned()
        };
        let told = format!(
            "{id} is the template `{name}` now, in {path}. {next}: edit the file to make variables of what differs from \
             case to case. `/plan --template {name}` plans from it."
        );
        turn.request(Waiter::Spec, write(Place::Repository, &path, text, Expected::Missing));
        Progress::More(Self { stage: Stage::Writing { path, told }, ..self })
    }
}
