//! Plans without planners: templates are found, listed, shown, copied and filled in. A person's own, in
//! the directory `templates` of `specsDir`, win over those that come with the package.

use serde::Serialize;

use crate::effect::file::{Expected, FileOperation, FileOutcome, FileRef, Place};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::options::Options;
use crate::run::Waiter;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read, write};
use crate::run::fitness::misfits;
use crate::run::plan::{Goal, PlanRun, Stage, Wait};
use crate::template::shipped::{SHIPPED, shipped};
use crate::template::{Filled, Template, is_name, parse};
use crate::text::{bullets, count, list, nearest};

/// So many of a person's own templates are listed.
const OWN_MAX: u32 = 200;

/// What a template is wanted for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum Use {
    /// It is shown.
    Show,
    /// It becomes a file of the person's.
    Copy,
    /// It becomes a plan with these values.
    Fill { values: Vec<(String, String)> },
}

/// What the names of the person's own templates are wanted for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum Names {
    /// All templates are listed.
    List,
    /// A name was given that no template has.
    Unknown { name: String },
}

/// Where a person keeps templates.
fn directory(options: &Options) -> String {
    format!("{}/templates", options.specs_dir.trim_end_matches('/'))
}

/// Where a person keeps a template.
pub(crate) fn own_path(options: &Options, name: &str) -> String {
    format!("{}/{name}.yaml", directory(options))
}

/// A template as it was read, or what is wrong with it, a line each.
fn checked(name: &str, text: &str) -> Result<Template, String> {
    let template = parse(text).map_err(|problems| bullets(&problems))?;
    if template.name != name {
        return Err(format!("- its name is {} and its file's is {name}: make them equal", template.name));
    }
    Ok(template)
}

impl PlanRun {
    /// A template is wanted: does the person have one of this name?
    pub(super) fn find_template(mut self, turn: &mut Turn, name: String, wanted: Use) -> Activity {
        if !is_name(&name) {
            return self.list_own(turn, Names::Unknown { name });
        }
        let path = own_path(&self.run.options, &name);
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        self.stage = Stage::Template { name, wanted };
        Activity::Plan(self)
    }

    pub(super) fn template_read(
        self,
        turn: &mut Turn,
        name: String,
        wanted: Use,
        outcome: &Outcome,
    ) -> Activity {
        let path = own_path(&self.run.options, &name);
        let (text, origin) = match (outcome, shipped(&name)) {
            (Outcome::File(FileOutcome::Read { .. }), _) if wanted == Use::Copy => {
                return turn.fail(&self.run.chat, format!("{path} is there already and was left as it is."));
            }
            (Outcome::File(FileOutcome::Read { text, .. }), _) => (text.as_str(), path),
            (Outcome::File(FileOutcome::Missing), Some(text)) => (text, "shipped".to_owned()),
            (Outcome::File(FileOutcome::Missing), None) => {
                return self.list_own(turn, Names::Unknown { name });
            }
            (other, _) => return turn.fail(&self.run.chat, file_failure(other, &path)),
        };
        let template = match checked(&name, text) {
            Ok(template) => template,
            Err(problems) => {
                let text = format!("the template {name} ({origin}) has problems:\n{problems}");
                return turn.fail(&self.run.chat, text);
            }
        };
        match wanted {
            Use::Show => self.show_template(turn, &template, text, &origin),
            Use::Copy => self.copy_template(turn, &name, text),
            Use::Fill { values } => self.fill_template(turn, &template, &values, &origin),
        }
    }

    fn show_template(self, turn: &mut Turn, template: &Template, text: &str, origin: &str) -> Activity {
        let how = if origin == "shipped" {
            format!("`/plan --templates {} --copy` makes it yours, to be edited.", template.name)
        } else {
            String::new()
        };
        let text = format!(
            "**{}** ({origin}): {}\n\n{}\n```yaml\n{}\n```\n\n{how}",
            template.name,
            template.description,
            template.usage(),
            text.trim_end()
        );
        turn.say(&self.run.chat, text.trim_end());
        turn.end(&self.run.chat, None);
        Activity::Idle
    }

    fn copy_template(self, turn: &mut Turn, name: &str, text: &str) -> Activity {
        let path = own_path(&self.run.options, name);
        let told =
            format!("The template is in {path} now, and wins over the shipped one. Edit it as you like.");
        self.write_new(turn, path, text.to_owned(), told)
    }

    /// Writes a file that was not there, and ends with what is told then.
    pub(super) fn write_new(mut self, turn: &mut Turn, path: String, text: String, told: String) -> Activity {
        turn.request(Waiter::Plan(Wait::Step), write(Place::Repository, &path, text, Expected::Missing));
        self.stage = Stage::New { path, told };
        Activity::Plan(self)
    }

    pub(super) fn new_written(
        self,
        turn: &mut Turn,
        path: &str,
        told: String,
        outcome: &Outcome,
    ) -> Activity {
        match outcome {
            Outcome::File(FileOutcome::Written { .. }) => {
                turn.say(&self.run.chat, told);
                turn.end(&self.run.chat, None);
                Activity::Idle
            }
            Outcome::File(FileOutcome::Changed) => turn.fail(
                &self.run.chat,
                format!("{path} is there already and was left as it is. Name another file."),
            ),
            other => turn.fail(&self.run.chat, file_failure(other, path)),
        }
    }

    fn fill_template(
        self,
        turn: &mut Turn,
        template: &Template,
        values: &[(String, String)],
        origin: &str,
    ) -> Activity {
        let name = &template.name;
        let filled = match template.fill(values) {
            Ok(filled) => filled,
            Err(misfits) => {
                let text = format!(
                    "the template {name} ({origin}) cannot be filled in like this, so nothing was changed:\n{}\n\
                     `/plan --templates {name}` shows its variables.",
                    bullets(&misfits)
                );
                return turn.fail(&self.run.chat, text);
            }
        };
        let problems = misfits(&filled.tasks, &filled.limits, self.run.options.context.max_bytes);
        if !problems.is_empty() {
            let text = format!(
                "filled in, the template {name} ({origin}) makes tasks that no worker can be sent, so nothing was \
                 changed:\n{}\nShorten the values, or copy the template and cut its tasks differently.",
                bullets(&problems)
            );
            return turn.fail(&self.run.chat, text);
        }
        let text = format!(
            "Planning **{}** from the template {name} ({origin}): {}. No model is asked.",
            filled.title,
            count(filled.tasks.len(), "task", "tasks")
        );
        turn.say(&self.run.chat, text);
        self.look_for_earlier(turn, Goal::Filled(Box::new(filled)))
    }

    /// Which templates does the person have?
    pub(super) fn list_own(mut self, turn: &mut Turn, names: Names) -> Activity {
        let directory = FileRef { place: Place::Repository, path: directory(&self.run.options) };
        let operation = FileOperation::List { directory, depth_max: 1, files_max: OWN_MAX, bytes_max: 0 };
        turn.request(Waiter::Plan(Wait::Step), Operation::File(operation));
        self.stage = Stage::OwnTemplates { names };
        Activity::Plan(self)
    }

    pub(super) fn own_listed(self, turn: &mut Turn, names: Names, outcome: &Outcome) -> Activity {
        let found: Vec<String> = match outcome {
            Outcome::File(FileOutcome::Listed { files, .. }) => {
                let own = files.iter().filter_map(|file| file.path.strip_suffix(".yaml"));
                own.filter(|name| is_name(name)).map(str::to_owned).collect()
            }
            Outcome::File(FileOutcome::Missing) => Vec::new(),
            other => {
                let directory = directory(&self.run.options);
                return turn.fail(&self.run.chat, file_failure(other, &directory));
            }
        };
        match names {
            Names::List => self.read_own(turn, found, Vec::new()),
            Names::Unknown { name } => {
                let mut known: Vec<String> = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
                known.extend(found.into_iter().filter(|name| shipped(name).is_none()));
                let near = nearest(&name, known.iter().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let near = if near.is_empty() { ".".to_owned() } else { near };
                let text = format!("there is no template {name}{near} There are {}.", list(&known));
                turn.fail(&self.run.chat, text)
            }
        }
    }

    /// Reads the person's own templates, one after the other; the last of `left` first.
    fn read_own(mut self, turn: &mut Turn, mut left: Vec<String>, lines: Vec<String>) -> Activity {
        left.sort_by(|a, b| b.cmp(a));
        let Some(name) = left.pop() else {
            return self.show_list(turn, lines);
        };
        let path = own_path(&self.run.options, &name);
        turn.request(Waiter::Plan(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
        self.stage = Stage::OwnTemplate { name, left, lines };
        Activity::Plan(self)
    }

    pub(super) fn own_read(
        self,
        turn: &mut Turn,
        name: &str,
        left: Vec<String>,
        mut lines: Vec<String>,
        outcome: &Outcome,
    ) -> Activity {
        let path = own_path(&self.run.options, name);
        let line = match outcome {
            Outcome::File(FileOutcome::Read { text, .. }) => match checked(name, text) {
                Ok(template) => Ok(summary(&template, &path)),
                Err(problems) => Err(problems),
            },
            other => Err(format!("- {}", file_failure(other, &path))),
        };
        lines.push(line.unwrap_or_else(|problems| {
            let problems: String = problems.lines().map(|line| format!("  {line}\n")).collect();
            format!("- **{name}** ({path}) cannot be used:\n{problems}")
        }));
        self.read_own(turn, left, lines)
    }

    fn show_list(self, turn: &mut Turn, own: Vec<String>) -> Activity {
        let is_own = |name: &str| own.iter().any(|line| line.starts_with(&format!("- **{name}** ")));
        let others = SHIPPED.iter().filter(|(name, _)| !is_own(name));
        let others = others.filter_map(|(_, text)| Some(summary(&parse(text).ok()?, "shipped")));
        let lines: String = own.iter().cloned().chain(others).collect();
        let text = format!(
            "{lines}\n`/plan --template <name> VARIABLE=\"value\" …` plans from one, `/plan --templates <name>` shows it. \
             Your own are in {}.",
            directory(&self.run.options)
        );
        turn.say(&self.run.chat, text);
        turn.end(&self.run.chat, None);
        Activity::Idle
    }

    /// The documents of a template, where a plan's go.
    pub(super) fn write_filled(self, turn: &mut Turn, filled: Box<Filled>) -> Activity {
        let documents = crate::template::documents(&filled);
        let files = [
            ("SPEC.md", documents.spec),
            ("ARCH.md", documents.arch),
            ("QA.md", documents.qa),
            ("PLAN.md", documents.plan),
            ("REQUEST.md", documents.request),
        ];
        self.write_documents(turn, &files, super::Then::Filled(filled))
    }
}

/// A template on a line.
fn summary(template: &Template, origin: &str) -> String {
    let names = |is_required: bool| {
        let own = template.variables.iter().filter(|variable| variable.is_required() == is_required);
        own.map(|variable| variable.name.clone()).collect::<Vec<_>>()
    };
    let required = match names(true) {
        names if names.is_empty() => "Needs nothing".to_owned(),
        names => format!("Needs {}", list(&names)),
    };
    let optional = match names(false) {
        names if names.is_empty() => String::new(),
        names => format!("; may have {}", list(&names)),
    };
    format!("- **{}** ({origin}): {} {required}{optional}.\n", template.name, template.description)
}
