//! What the runs went through: a simulator that never meets a conflict proves nothing about conflicts.

/// Declares the classes of what can happen to a run, each with the words of the table.
macro_rules! classes {
    ($($name:ident: $words:literal,)*) => {
        /// Something that can happen to a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Class { $($name,)* }

        const NAMES: &[&str] = &[$($words,)*];
    };
}

classes! {
    Planned: "a plan made by /plan",
    TaskMerged: "a task merged",
    TaskFailed: "a task given up",
    TaskBlocked: "a task blocked by a failed one",
    Retried: "an attempt failed and another began",
    Rested: "provider trouble waited out",
    StoppedByTrouble: "a run stopped by trouble in a row",
    Landed: "the person's branch landed on",
    LandRefused: "landing refused",
    Conflict: "a merge in conflict",
    Combined: "a merge of parallel work, checked again",
    RedTogether: "work that is red only together",
    Stale: "a stale move of the branch",
    MovedUnheard: "a move that was done and answered otherwise",
    RedGate: "a red gate",
    GateTimeout: "a gate at its deadline",
    ReviewRefused: "a review that asks for changes",
    Reworked: "work changed as its reviewer asked",
    Approved: "work approved by the person",
    NotMerged: "approved work that was not merged",
    SentBack: "work sent back by the person",
    Rejected: "work rejected by the person",
    OwnReviewed: "the person's own changes reviewed",
    BuiltAgain: "a feature built again",
    BuiltAgainLater: "a feature built again after a stop",
    ReviewBabble: "a reviewer without a verdict",
    Rebase: "an answer of the rebase agent",
    Shortened: "an answer of whoever shortens a task",
    TakenBack: "a better spec that stayed too long",
    TooLong: "a task that stayed too long, cut by the person",
    Blocked: "a blocked agent",
    Forbidden: "forbidden paths left out",
    OffLimits: "work on what the person wants left alone",
    EmptyWork: "an agent that changed nothing",
    Deadline: "an agent at its deadline",
    Silent: "a silent agent",
    ProviderError: "a provider's error",
    BadFinish: "a bad finish reason",
    Denied: "a denied permission",
    Repeated: "an agent that repeats what another said",
    Strays: "an agent that reads far from its task",
    Meddled: "a text of somebody else in a session",
    Kept: "a session the host kept",
    CreateFailed: "a session not made",
    CreatedUnheard: "a session made and not heard of",
    GitFailed: "git failed",
    FileFailed: "a file not read or written",
    FileChanged: "a backlog edited under a run",
    ProcessFailed: "a process that never ran",
    CatalogueFailed: "the catalogue did not answer",
    Esc: "Esc in a running command",
    EscLate: "what Esc hit ended by itself",
    Beside: "a look beside a running command",
    TwoCommands: "a command beside a running one",
    Edited: "the backlog edited by the person",
    Damaged: "the backlog made invalid",
    Learned: "a memory written",
    Unlearned: "an entry of the memory deleted by the person",
    MemoryGone: "the memory deleted by the person",
    MemoryDamaged: "the memory made invalid",
    WorktreeDeleted: "a worktree deleted by hand",
    SessionDeleted: "a session deleted by hand",
    BranchMoved: "the integration branch moved by the person",
    BranchReset: "the integration branch set back by the person",
    BranchMerged: "the integration branch merged by the person",
    BranchDeleted: "the integration branch deleted",
    HeadMoved: "a commit of the person on their branch",
    Crash: "a crash",
    CrashUnwritten: "events lost before they were durable",
    CrashTorn: "a torn journal",
    CrashDurable: "a crash between durable and done",
    CrashAmong: "a crash among the effects of a step",
    CrashActed: "a crash between an effect and its answer",
    LateChild: "an effect that outlived its process",
    Group: "events that shared a write",
    Checkpoint: "a checkpoint",
    Duplicate: "a doubled outcome",
    DuplicateLater: "an outcome in a later process",
    SignalLost: "a signal lost",
    SignalLate: "a signal after its session",
    Tampered: "git's configuration changed",
    TakenOver: "finished work taken over by another attempt",
    Recalled: "an agent that had finished unheard",
    Found: "a session that nobody knew of",
    EditKept: "an edited document kept beside ours",
    Rescued: "work rescued from a worktree",
    Budget: "a budget used up",
    ReplayedMidway: "a replay compared in mid-command",
    ReplayedWhole: "a replay from the first event",
    Rederived: "effects derived again from the journal",
    LateHash: "a late event compared by state",
}

/// How many runs each class happened to.
#[derive(Clone, Debug)]
pub struct Coverage(Vec<u64>);

impl Coverage {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(vec![0; NAMES.len()])
    }

    /// It happened.
    pub fn hit(&mut self, class: Class) {
        self.0[class as usize] += 1;
    }

    /// Counts a run's classes once each.
    pub fn count_run(&mut self, run: &Self) {
        for (all, one) in self.0.iter_mut().zip(&run.0) {
            *all += u64::from(*one > 0);
        }
    }

    /// Sums up.
    pub fn add(&mut self, other: &Self) {
        for (all, one) in self.0.iter_mut().zip(&other.0) {
            *all += one;
        }
    }

    /// A line for each class.
    pub fn table(&self) -> String {
        self.0.iter().zip(NAMES).map(|(count, name)| format!("{count:>9}  {name}\n")).collect()
    }

    /// The classes that no run met.
    pub fn missing(&self) -> Vec<&'static str> {
        self.0.iter().zip(NAMES).filter(|(count, _)| **count == 0).map(|(_, name)| *name).collect()
    }
}
