//! How `/implement` begins: as the person gave it, for a decision of theirs, or for another command.

use std::collections::{BTreeSet, VecDeque};

use crate::backlog::Backlog;
use crate::effect::file::Place;
use crate::engine::{Activity, Turn};
use crate::ids::{CommitId, Slot};
use crate::run::documents::{DOCUMENT_BYTES_MAX, read};
use crate::run::ground::TRUST_CONFIG;
use crate::run::health::Health;
use crate::run::implement::care::Care;
use crate::run::implement::editable::EditableFile;
use crate::run::implement::opening::Opening;
use crate::run::implement::reading::Plan;
use crate::run::implement::watch::Watch;
use crate::run::implement::{ImplementRun, Stage, Wait, Wish, memory};
use crate::run::patterns::Measured;
use crate::run::regenerate::RegenerateRun;
use crate::run::{Run, Waiter};
use crate::schedule::Schedule;
use crate::track::Track;

/// `/implement [task ids…] [--allow-red] [--trust-config]`.
pub fn begin(turn: &mut Turn, run: Run, arguments: &str) -> Activity {
    let mut named = Vec::new();
    let mut allow_red = false;
    for word in arguments.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty()) {
        match word {
            "--allow-red" => allow_red = true,
            TRUST_CONFIG => {}
            option if option.starts_with("--") => {
                return turn.fail(
                    &run.chat,
                    format!("/implement has no option {option}. It takes task ids, --allow-red and {TRUST_CONFIG}."),
                );
            }
            id => named.push(id.to_owned()),
        }
    }
    begin_run(turn, run, Wish::All, named, allow_red, None)
}

/// Begins with a backlog of somebody else's, who gets the run back at its end. Its branch is where the
/// work begins, wherever the person's is.
pub fn begin_for(
    turn: &mut Turn,
    run: Run,
    named: Vec<String>,
    allow_red: bool,
    errand: Box<RegenerateRun>,
) -> Activity {
    begin_run(turn, run, Wish::All, named, allow_red, Some(errand))
}

/// Begins with what a person decided.
pub fn begin_wish(turn: &mut Turn, run: Run, wish: Wish, named: Vec<String>) -> Activity {
    begin_run(turn, run, wish, named, false, None)
}

fn begin_run(
    turn: &mut Turn,
    run: Run,
    wish: Wish,
    named: Vec<String>,
    allow_red: bool,
    errand: Option<Box<RegenerateRun>>,
) -> Activity {
    let path = run.document("BACKLOG.yaml");
    turn.request(Waiter::Implement(Wait::Step), read(Place::Repository, &path, DOCUMENT_BYTES_MAX));
    Activity::Implement(Box::new(ImplementRun {
        track: Track::adopt(None, Backlog::of(Vec::new())).0,
        schedule: Schedule::default(),
        wanted: BTreeSet::new(),
        named,
        wish,
        allow_red,
        gates: Vec::new(),
        tests: None,
        health: Health::default(),
        tip: CommitId(String::new()),
        free: (1..=run.options.max_workers).map(Slot).collect(),
        queue: VecDeque::new(),
        merging: None,
        stopping: None,
        plan: Plan::default(),
        rules: Vec::new(),
        measured: Measured::default(),
        file: EditableFile::default(),
        memory: memory::Use::default(),
        watch: Watch::default(),
        ledger_from: turn.shared.ledger.entries.len(),
        estimate: None,
        care: Care::default(),
        wordless: BTreeSet::new(),
        has_told_of_writes: false,
        errand,
        stage: Stage::Opening(Box::new(Opening::Backlog)),
        run,
    }))
}
