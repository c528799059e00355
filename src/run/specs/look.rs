//! `/spec` and `/spec show <feature>`: what the specs directory holds, beside a running command too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::Outcome;
use crate::effect::file::{FileOutcome, Place};
use crate::engine::Turn;
use crate::ids::SessionId;
use crate::options::Options;
use crate::run::Waiter;
use crate::run::documents::{DOCUMENT_BYTES_MAX, file_failure, read};
use crate::run::specs::command::usage;
use crate::run::specs::directory;
use crate::run::specs::shelf::{features_in, list};
use crate::spec::{FeatureId, INDEX, Index, Listed, METADATA, Metadata, differing_files, parse};
use crate::text::{bullets, count, list as and, table, usd};

/// A question about specs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    chat: SessionId,
    options: Options,
    /// The feature that is asked for; all of them when none is.
    wanted: Option<String>,
    stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Stage {
    /// The files are being listed.
    Listing,
    /// The index is being read.
    Index { features: BTreeMap<FeatureId, BTreeMap<String, String>> },
    /// What is known of one feature is being read.
    Metadata { path: String, is_edited: bool },
}

/// Whether the arguments of `/spec` only look.
pub(crate) fn is_look(arguments: &str) -> bool {
    matches!(arguments.split_whitespace().next(), None | Some("show"))
}

/// A question was put.
pub(crate) fn given(turn: &mut Turn, chat: &SessionId, arguments: &str, options: Options) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let wanted = match words.as_slice() {
        [] => None,
        ["show", feature] => Some((*feature).to_owned()),
        ["show"] => {
            return turn.end(chat, Some("/spec show needs a feature: `/spec` lists them.".to_owned()));
        }
        _ => return turn.end(chat, Some(usage(arguments.trim()))),
    };
    let operation = list(directory(&options));
    let wait = Wait { chat: chat.clone(), options, wanted, stage: Stage::Listing };
    turn.request(Waiter::SpecLook(Box::new(wait)), operation);
}

/// A step ended.
pub(crate) fn resolved(turn: &mut Turn, wait: Wait, outcome: &Outcome) {
    let directory = directory(&wait.options).to_owned();
    match wait.stage.clone() {
        Stage::Listing => match features_in(&directory, outcome) {
            Ok(features) => {
                next(turn, wait, Stage::Index { features }, &format!("{directory}/{INDEX}"));
            }
            Err(reason) => turn.end(&wait.chat, Some(reason)),
        },
        Stage::Index { features } => match index_of(&directory, outcome) {
            Ok(index) => indexed(turn, wait, &index, &features),
            Err(problem) => turn.end(&wait.chat, Some(problem)),
        },
        Stage::Metadata { path, is_edited } => {
            let metadata = match outcome {
                Outcome::File(FileOutcome::Read { text, .. }) => parse(&path, text)
                    .map_err(|problems| format!("it cannot be read:\n{}", bullets(&problems))),
                other => Err(file_failure(other, &path)),
            };
            match metadata {
                Ok(metadata) => {
                    turn.say(&wait.chat, shown(&directory, &metadata, is_edited));
                    turn.end(&wait.chat, None);
                }
                Err(problem) => turn.end(&wait.chat, Some(problem)),
            }
        }
    }
}

fn next(turn: &mut Turn, wait: Wait, stage: Stage, path: &str) {
    let wait = Wait { stage, ..wait };
    turn.request(Waiter::SpecLook(Box::new(wait)), read(Place::Repository, path, DOCUMENT_BYTES_MAX));
}

fn index_of(directory: &str, outcome: &Outcome) -> Result<Index, String> {
    let path = format!("{directory}/{INDEX}");
    let mended = "the next command that works makes it again from the features' directories";
    match outcome {
        Outcome::File(FileOutcome::Read { text, .. }) => {
            Index::parse(&path, text).map_err(|problem| format!("{problem}; {mended}"))
        }
        Outcome::File(FileOutcome::Missing) => Ok(Index::default()),
        other => Err(file_failure(other, &path)),
    }
}

fn indexed(
    turn: &mut Turn,
    wait: Wait,
    index: &Index,
    features: &BTreeMap<FeatureId, BTreeMap<String, String>>,
) {
    let directory = directory(&wait.options).to_owned();
    let is_edited = |listed: &Listed| {
        let none = BTreeMap::new();
        !differing_files(Some(listed), features.get(&listed.id).unwrap_or(&none)).is_empty()
    };
    let Some(wanted) = &wait.wanted else {
        let edited: Vec<String> = index
            .features
            .iter()
            .filter(|listed| is_edited(listed))
            .map(|listed| format!("{directory}/{}", listed.id))
            .collect();
        turn.say(&wait.chat, listing(&directory, index, &edited));
        return turn.end(&wait.chat, None);
    };
    match index.find(wanted) {
        Ok(listed) => {
            let path = format!("{directory}/{}/{METADATA}", listed.id);
            let stage = Stage::Metadata { path: path.clone(), is_edited: is_edited(listed) };
            next(turn, wait, stage, &path);
        }
        Err(problem) => turn.end(&wait.chat, Some(problem)),
    }
}

fn listing(directory: &str, index: &Index, edited: &[String]) -> String {
    if index.features.is_empty() {
        return format!(
            "No feature is saved in `{directory}` yet. One is saved when it lands, or by `/spec save`."
        );
    }
    let rows: Vec<Vec<String>> = index
        .features
        .iter()
        .map(|listed| {
            vec![
                listed.id.to_string(),
                listed.title.clone(),
                listed.version.to_string(),
                listed.status.as_str().to_owned(),
                listed.updated_at.clone(),
            ]
        })
        .collect();
    let note = if edited.is_empty() { String::new() } else { format!("\n{}", edited_note(edited)) };
    format!("{}{note}", table(&["Feature", "Title", "Version", "Status", "Since"], &rows))
}

fn edited_note(edited: &[String]) -> String {
    let was = if edited.len() == 1 { "was" } else { "were" };
    format!("**Note:** {} {was} edited since; the next command that works takes that in.", and(edited))
}

fn shown(directory: &str, metadata: &Metadata, is_edited: bool) -> String {
    let path = format!("{directory}/{}", metadata.id);
    let mut lines = vec![format!("Documents in `{path}`, track `{}`", metadata.track)];
    let commits = [("from", &metadata.base), ("to", &metadata.result)];
    let commits =
        commits.into_iter().filter_map(|(word, commit)| Some(format!("{word} {}", commit.as_ref()?)));
    let commits: Vec<String> = commits.collect();
    if !commits.is_empty() {
        lines.push(format!("Built {}", commits.join(" ")));
    }
    if metadata.attempts > 0 {
        let attempts = count(metadata.attempts as usize, "attempt", "attempts");
        let models = if metadata.models.is_empty() {
            String::new()
        } else {
            format!(" with {}", and(&metadata.models))
        };
        lines.push(format!("{attempts}, {}{models}", usd(metadata.cost_usd)));
    }
    let before: Vec<String> = metadata.dependencies().iter().map(ToString::to_string).collect();
    if !before.is_empty() {
        lines.push(format!("After {}", and(&before)));
    }
    if let Some(score) = metadata.completeness {
        lines.push(format!("Completeness {score}"));
    }
    let lines: String = lines.iter().map(|line| format!("- {line}\n")).collect();
    let rows: Vec<Vec<String>> = metadata
        .history
        .iter()
        .map(|entry| {
            let changes = entry.changes.join("; ");
            vec![entry.version.to_string(), entry.at.clone(), entry.reason.as_str().to_owned(), changes]
        })
        .collect();
    let note = if is_edited { format!("\n{}", edited_note(&[path])) } else { String::new() };
    format!(
        "**{}** {}: version {}, {}\n\n{lines}\n{}{note}",
        metadata.id,
        metadata.title,
        metadata.version,
        metadata.status.as_str(),
        table(&["Version", "When", "Reason", "Changes"], &rows)
    )
}
