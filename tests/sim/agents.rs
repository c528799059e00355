//! Agents of every quality.

use multi_agent_coder::backlog::render;
use multi_agent_coder::effect::Operation;
use multi_agent_coder::effect::git::Guarded;
use multi_agent_coder::effect::session::{SessionOperation, SessionOutcome, Trouble, Usage};
use multi_agent_coder::effect::stored::StoredText;
use multi_agent_coder::ids::SessionId;
use multi_agent_coder::plan::Planner;

use crate::coverage::Class;
use crate::git::slot_of;
use crate::process::Flight;
use crate::sessions::failed;
use crate::setup::{OFF_LIMITS, mark};
use crate::world::{Session, World};

/// Stands in every planning text; no worker may ever see it.
pub const PLAN_MARK: &str = "only-planners-know-this";

/// Stands in what an agent reads whose work is there already.
pub const REWORK_MARK: &str = "Changes to make to the work in this directory";

/// Makes a criterion too long for any context.
pub const LONG_TALK: &str =
    "whoever looks at it, from wherever that may be, and on whichever day of the week it is, ";

/// What an agent does with one ask.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// It writes its file with this word in it, and perhaps one that others write too.
    Work { word: &'static str, is_shared: bool },
    /// It writes what may not be written, too.
    Forbidden,
    /// It writes what the person wants left alone, too.
    OffLimits,
    /// It changes git's configuration.
    Tamper,
    /// It changes nothing.
    Nothing,
    /// It says that it cannot go on.
    Blocked,
    /// It works and ends with this finish reason.
    Finish(Option<&'static str>),
    /// It answers this.
    Reply(String),
    /// The host reports an error.
    Fail(&'static str, Option<u16>),
    /// It works and never ends.
    Deadline,
    /// Nothing is heard from it.
    Silent,
}

const TROUBLES: &[(u64, Deed)] = &[
    (4, Deed::Fail("APIError", Some(429))),
    (3, Deed::Fail("APIError", Some(500))),
    (1, Deed::Fail("ProviderAuthError", Some(401))),
    (1, Deed::Fail("QuotaError", Some(402))),
    (1, Deed::Fail("NetworkError", None)),
    (2, Deed::Deadline),
    (2, Deed::Silent),
    (2, Deed::Finish(None)),
    (1, Deed::Finish(Some("unknown"))),
];

impl World {
    fn trouble(&mut self) -> Deed {
        let total = TROUBLES.iter().map(|(weight, _)| weight).sum();
        let mut at = self.rng.below(total);
        for (weight, deed) in TROUBLES {
            if at < *weight {
                return deed.clone();
            }
            at -= weight;
        }
        Deed::Silent
    }

    fn draw_deed(&mut self, session: &Session) -> Deed {
        let rates = self.setup.rates;
        match session.purpose.agent.as_str() {
            "implementer" | "documenter" => self.draw_work(rates.agent),
            "reviewer" => {
                if !self.goes_wrong(rates.reviewer) {
                    return Deed::Reply(verdict("approved", &[]));
                }
                let issue = format!("round it, {}", mark(session.purpose.task.as_deref().unwrap_or("")));
                match self.rng.below(6) {
                    0 | 1 => Deed::Reply(verdict("changes_requested", &[&issue])),
                    2 => Deed::Reply(verdict("rebase", &[&issue])),
                    3 | 4 => Deed::Reply("Looks fine to me!".into()),
                    _ => self.trouble(),
                }
            }
            "compressor" => {
                if self.goes_wrong(rates.agent / 2) {
                    return if self.rng.chance(500) { Deed::Reply("Hm.".into()) } else { self.trouble() };
                }
                let text = criterion(session);
                Deed::Reply(format!("```yaml\ntask:\n  acceptance: [{text:?}]\n```\n"))
            }
            "rebase" => {
                if self.goes_wrong(rates.agent / 2) {
                    return if self.rng.chance(500) { Deed::Reply("Hm.".into()) } else { self.trouble() };
                }
                let confidence = if self.rng.chance(700) { 0.9 } else { 0.3 };
                let own = mark(session.purpose.task.as_deref().unwrap_or(""));
                let text = format!("Round half up, {own}. {}", self.repeats().unwrap_or_default());
                let mut task = format!("  description: {text:?}\n");
                if !self.is_benign && self.rng.chance(200) {
                    let long = format!("{}, {}", criterion(session), LONG_TALK.repeat(40));
                    task.push_str(&format!("  acceptance: [{long:?}]\n"));
                }
                Deed::Reply(format!(
                    "```yaml\nconfidence: {confidence}\nreasoning: \"It was vague.\"\ntask:\n{task}```\n"
                ))
            }
            agent => {
                if self.goes_wrong(rates.agent / 2) {
                    return if self.rng.chance(500) { Deed::Reply("Hm.".into()) } else { self.trouble() };
                }
                Deed::Reply(match Planner::ALL.into_iter().find(|planner| planner.agent() == agent) {
                    Some(planner) => document(planner),
                    None => self.backlog_reply(),
                })
            }
        }
    }

    fn draw_work(&mut self, rate: u64) -> Deed {
        let is_shared = self.rng.chance(if self.is_benign { 0 } else { 200 });
        if !self.goes_wrong(rate) {
            return Deed::Work { word: "good", is_shared };
        }
        match self.rng.below(16) {
            0..=2 => Deed::Work { word: "BUG", is_shared },
            3 => Deed::Work { word: "UGLY", is_shared },
            4..=6 => Deed::Work { word: "HALF", is_shared },
            7 => Deed::Work { word: "UNTESTED", is_shared },
            8 => Deed::Nothing,
            9 => Deed::Blocked,
            10 => Deed::Forbidden,
            11 => Deed::Finish(Some("length")),
            12 => Deed::Finish(Some("tool-calls")),
            13 if self.rng.chance(300) => Deed::Tamper,
            14 => Deed::OffLimits,
            _ => self.trouble(),
        }
    }

    fn backlog_reply(&mut self) -> String {
        let mut tasks = self.setup.tasks.clone();
        if let (Some(said), Some(task)) = (self.repeats(), tasks.first_mut()) {
            task.description = format!("{} {said}", task.description);
        }
        let file = render(&crate::setup::backlog(tasks));
        let at = file.find("tasks:").expect("a backlog has tasks");
        format!("The plan ({PLAN_MARK}) becomes:\n\n```yaml\n{}```\n", &file[at..])
    }

    /// An agent gets a text: what it will do, how long until it did, and then until it says so.
    pub fn take_on_ask(&mut self, flight: &mut Flight) -> (u64, u64) {
        let Operation::Session(SessionOperation::Ask { session: id, timeout_ms, silent_ms, text, .. }) =
            &flight.operation
        else {
            return (1, 1);
        };
        let (id, timeout_ms, silent_ms) = (id.clone(), *timeout_ms, *silent_ms);
        let is_rework = text.contains(REWORK_MARK);
        let sent = StoredText::as_sent(text);
        let Some(session) = self.sessions.get_mut(&id) else { return (1, 1) };
        session.asks += 1;
        session.is_rework = is_rework;
        session.texts.push(sent);
        let session = session.clone();
        self.meddle(&id);
        let deed = self.draw_deed(&session);
        let whole_ms = match deed {
            Deed::Deadline => timeout_ms,
            Deed::Silent => silent_ms,
            Deed::Fail(..) => self.rng.between(500, 90_000),
            _ => self.rng.between(10_000, 300_000),
        };
        flight.deed = Some(deed);
        self.draw_signals(&id, whole_ms);
        let says_ms = self.rng.between(1, whole_ms / 4);
        (whole_ms - says_ms, says_ms)
    }

    /// What an agent did with what it was asked, and what it says of it.
    pub fn ask(&mut self, id: &SessionId, deed: Option<&Deed>, is_cancelled: bool) -> SessionOutcome {
        let n = self.words;
        // Figures that a sloppy reader of JSON numbers would get wrong in the last bit.
        let usage = Usage {
            input_tokens: 1_000 + n % 977,
            output_tokens: 400,
            cached_tokens: 0,
            cost_usd: 0.01 + n as f64 / 30_011.0,
            steps: 3,
        };
        let Some(session) = self.sessions.get(id).filter(|session| !session.is_gone).cloned() else {
            return failed("NotFoundError", Some(404), Usage::default());
        };
        if is_cancelled {
            self.writes(&session, "half", false);
            return SessionOutcome::Aborted { usage };
        }
        let task = session.purpose.task.clone().unwrap_or_default();
        let answered = |text: &str, finish: Option<&str>| SessionOutcome::Answered {
            text: text.to_owned(),
            text_bytes: text.len() as u64,
            finish: finish.map(str::to_owned),
            usage,
            stored: session.texts.clone(),
        };
        match deed.cloned().unwrap_or(Deed::Silent) {
            Deed::Work { word, is_shared } => {
                self.writes(&session, word, is_shared);
                answered(&format!("Built it, with tests. {}", mark(&task)), Some("stop"))
            }
            Deed::Forbidden => {
                self.writes(&session, "good", false);
                if let Some(worktree) = self.worktree_of(&session) {
                    worktree.insert("opencode.json".into(), "{}\n".into());
                }
                answered("Done.", Some("stop"))
            }
            Deed::OffLimits => {
                self.hit(Class::OffLimits);
                self.writes(&session, "good", false);
                if let Some(worktree) = self.worktree_of(&session) {
                    worktree.insert(format!("{OFF_LIMITS}main.js"), "{}\n".into());
                }
                answered("Done.", Some("stop"))
            }
            Deed::Tamper => {
                self.writes(&session, "good", false);
                let hash = format!("{n}");
                self.git.guard = vec![Guarded { name: "core.fsmonitor in .git/config".into(), hash }];
                answered("Done.", Some("stop"))
            }
            Deed::Nothing => {
                self.hit(Class::EmptyWork);
                answered("All is well already.", Some("stop"))
            }
            Deed::Blocked => {
                self.hit(Class::Blocked);
                answered(&format!("BLOCKED: the price file is missing, {}", mark(&task)), Some("stop"))
            }
            Deed::Finish(finish) => {
                self.hit(Class::BadFinish);
                self.writes(&session, "good", false);
                answered("And then", finish)
            }
            Deed::Reply(text) => {
                if session.purpose.agent == "reviewer" && !text.contains("approved") {
                    let refuses = text.contains("verdict");
                    self.hit(if refuses { Class::ReviewRefused } else { Class::ReviewBabble });
                }
                answered(&text, Some("stop"))
            }
            Deed::Fail(name, status) => {
                self.hit(Class::ProviderError);
                failed(name, status, usage)
            }
            Deed::Deadline => {
                self.hit(Class::Deadline);
                self.writes(&session, "good", false);
                SessionOutcome::Failed { trouble: Trouble::Deadline, usage }
            }
            Deed::Silent => {
                self.hit(Class::Silent);
                SessionOutcome::Failed { trouble: Trouble::Silent, usage }
            }
        }
    }

    fn worktree_of(&mut self, session: &Session) -> Option<&mut crate::common::tree::Tree> {
        if !matches!(session.purpose.agent.as_str(), "implementer" | "documenter") {
            return None;
        }
        let slot = session.directory.as_deref().and_then(slot_of)?;
        self.git.worktrees.get_mut(&slot).map(|worktree| &mut worktree.tree)
    }

    /// An agent writes into its worktree, a word that nobody wrote before among it.
    fn writes(&mut self, session: &Session, word: &str, is_shared: bool) {
        self.words += 1;
        let own = format!("word-{}-", self.words);
        let text = format!("{word} {own}\n");
        let task = session.purpose.task.clone().unwrap_or_default().to_lowercase();
        let Some(tree) = self.worktree_of(session) else { return };
        let mut replaced = tree.insert(format!("{task}/main.js"), text.clone()).unwrap_or_default();
        if is_shared {
            replaced += &tree.insert("shared/lib.js".into(), text).unwrap_or_default();
        }
        // What an agent replaces it need not find again, unless it was kept before.
        self.books.words.retain(|word, _| !replaced.contains(word.as_str()));
        self.books.words.insert(own, session.directory.clone().unwrap_or_default());
    }
}

/// A criterion of a session's task.
fn criterion(session: &Session) -> String {
    format!("it rounds half up, {}", mark(session.purpose.task.as_deref().unwrap_or("")))
}

fn verdict(verdict: &str, issues: &[&str]) -> String {
    let issues: String = issues.iter().map(|issue| format!("  - {issue:?}\n")).collect();
    let issues = if issues.is_empty() { " []\n".to_owned() } else { format!("\n{issues}") };
    format!("I looked.\n\n```yaml\nverdict: {verdict}\nissues:{issues}```\n")
}

fn document(planner: Planner) -> String {
    let sections: String = planner
        .required()
        .iter()
        .map(|title| format!("## {title}\n\nWords on {title}, {PLAN_MARK}.\n\n"))
        .collect();
    format!("Here is my document.\n\n# {}\n\n{sections}", planner.document())
}
