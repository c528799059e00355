// Generated from the Rust types by `npm run generate`: change those instead of this file.
// One type for each that crosses the boundary, in alphabetical order.

/** An agent. */
export type AgentDefinition = {
  /** Its name: its role's, or `role~variant` for a variant of its prompt. */
  name: string,
  /** The agent whose settings of the person's hold for it. */
  role: string,
  /** What it does, for the host's lists. */
  description: string,
  /** Its system prompt. */
  prompt: string,
  /** What it may do; the last match wins. */
  rules: Array<Rule>,
};

/** What a journal says of itself and of its tasks. */
export type Audit = {
  /** So many records are good, from the first on. */
  records: number,
  /** When the first of them was written, in milliseconds since the Unix epoch. */
  first_ms: number | null,
  /** When the last of them was written. */
  last_ms: number | null,
  /** The hash of the last of them. */
  head: string,
  /** What is wrong with what follows them, and what to do; `null` when all is well. */
  problem: string | null,
  /** So many changes are older than those in `lines`. */
  older: number,
  /** The latest changes, oldest first: line of the journal, time, task, change, who. */
  lines: Array<string>,
};

/** What can be asked of the journal. */
export type AuditOperation = {
  "type": "verify",
  /** At most so many changes, the latest. */
  lines_max: number,
};

/** What it says. */
export type AuditOutcome = {
  "type": "verified",
  /** What is in it. */
  audit: Audit,
} | {
  "type": "failed",
  /** Why. */
  message: string,
};

/** What the catalogue says of a model. */
export type CatalogueEntry = {
  "type": "known",
  /** Which. */
  model: ModelRef,
  /** US dollars a million input tokens. */
  input_usd: number,
  /** US dollars a million output tokens. */
  output_usd: number,
  /** The context window in tokens; 0 when unknown. */
  context_tokens: number,
} | {
  "type": "unknown",
  /** Which. */
  model: ModelRef,
  /** Full names (`provider/model`) that look alike, at most three. */
  similar: Array<string>,
};

/** What can be asked of the catalogue. */
export type CatalogueOperation = {
  "type": "look",
  /** Which. */
  models: Array<ModelRef>,
};

/** How a look-up ended. */
export type CatalogueOutcome = {
  "type": "found",
  /** What is known. */
  models: Array<CatalogueEntry>,
} | {
  "type": "failed",
  /** What it said. */
  message: string,
};

/** A changed path. */
export type Change = {
  /** The path, with `/`. */
  path: string,
  /** Lines added; 0 for binary files. */
  added: number,
  /** Lines removed; 0 for binary files. */
  removed: number,
};

/** What can be shown. */
export type ChatOperation = {
  "type": "say",
  /** Where. */
  chat: SessionId,
  /** What. */
  text: string,
} | {
  "type": "open",
  /** Where. */
  chat: SessionId,
  /** Names the line when it ends: the id of this effect. */
  entry: EffectId,
  /** What it is called. */
  title: string,
  /** The agent at work. */
  agent: string,
  /** Its session. */
  session: SessionId,
} | {
  "type": "close",
  /** Where. */
  chat: SessionId,
  /** Which line. */
  entry: EffectId,
  /** It went well. */
  is_ok: boolean,
  /** The result, in a sentence. */
  text: string,
} | {
  "type": "end",
  /** Where. */
  chat: SessionId,
  /** Why it failed; `null` when it did not. */
  error: string | null,
};

/** The person's checkout, as far as an agent could have changed it. */
export type Checkout = {
  /** The commit of HEAD. */
  head: CommitId | null,
  /** The branch of HEAD. */
  branch: string | null,
  /** Files that differ from HEAD, untracked ones included, with what tells their state; at most 500. */
  files: Array<Guarded>,
};

/** A slash command. */
export type CommandDefinition = {
  /** Its name, without the slash. */
  name: CommandName,
  /** What the host's command list says of it. */
  description: string,
};

/** The commands a person can type. */
export type CommandName = "plan" | "backlog" | "implement" | "review" | "regenerate" | "progress" | "metrics" | "spec";

/** A git commit, 40 hex digits. */
export type CommitId = string;

/** What was compared for a review. */
export type Comparison = { "type": "uncommitted" } | {
  "type": "commit",
  /** It. */
  commit: CommitId,
} | {
  "type": "ahead",
  /** Its name as it was given. */
  name: string,
} | {
  "type": "since",
  /** The branch's name as it was given. */
  name: string,
};

/** Everything to register with the host. */
export type Definitions = {
  /** The slash commands. */
  commands: Array<CommandDefinition>,
  /** The agents that work for them. */
  agents: Array<AgentDefinition>,
  /** How the host's tools are described to them. */
  tools: Array<ToolDefinition>,
  /** The prompts of those agents, for the setting of each command. */
  prompts: PromptsInUse,
  /** The options, or groups of options, that make a difference to any of this. */
  options: Array<string>,
};

/** One thing to do. */
export type Effect = {
  /** Names the outcome. */
  id: EffectId,
} & (
  | { "kind": "session", "operation": SessionOperation }
  | { "kind": "git", "operation": GitOperation }
  | { "kind": "file", "operation": FileOperation }
  | { "kind": "process", "operation": ProcessOperation }
  | { "kind": "timer", "operation": TimerOperation }
  | { "kind": "catalogue", "operation": CatalogueOperation }
  | { "kind": "machine", "operation": MachineOperation }
  | { "kind": "audit", "operation": AuditOperation }
  | { "kind": "chat", "operation": ChatOperation }
  | { "kind": "cancel", "operation": EffectId });

/** Identifies an effect from its request to its outcome. Counted up, never used twice in a journal. */
export type EffectId = number;

/** What happened. */
export type Event = {
  "type": "opened",
  /** The version of the package that opened it. */
  version: string,
  /** What the host put right before. */
  tidied: Tidied,
} | {
  "type": "checkpoint",
  /** All that outlives a command, as the engine wrote it. */
  state: unknown,
} | {
  "type": "command",
  /** The chat it was typed in; its answer is shown there. */
  chat: SessionId,
  /** Which command. */
  name: CommandName,
  /** Everything that was typed after the command's name. */
  arguments: string,
  /** What the host knows at this moment. */
  setting: Setting,
} | {
  "type": "resolved",
  /** Which effect. */
  id: EffectId,
  /** How it ended. */
  outcome: Outcome,
} | {
  "type": "cancelled",
  /** The chat whose command is to stop. */
  chat: SessionId,
} | {
  "type": "session",
  /** The session. */
  session: SessionId,
  /** What was seen. */
  signal: SessionSignal,
};

/** What a write insists on. */
export type Expected = { "type": "anything" } | { "type": "missing" } | {
  "type": "ours",
  /** SHA-256 of what we may have written last, hex. More than one while nobody heard which. */
  hashes: Array<string>,
} | {
  "type": "hash",
  /** SHA-256 of its bytes, hex. */
  hash: string,
};

/** What can be asked of files. */
export type FileOperation = {
  "type": "read",
  /** Which file. */
  file: FileRef,
  /** Larger ones are not read. */
  bytes_max: number,
} | {
  "type": "list",
  /** The directory. */
  directory: FileRef,
  /** How deep to look: 1 for the files in the directory itself. */
  depth_max: number,
  /** At most so many files. */
  files_max: number,
  /** Larger files have no hash. */
  bytes_max: number,
} | {
  "type": "write",
  /** Which file. */
  file: FileRef,
  /** All of it. */
  text: string,
  /** What must be there now. */
  expected: Expected,
};

/** How a file operation ended. */
export type FileOutcome = {
  "type": "read",
  /** All of it. */
  text: string,
  /** SHA-256 of its bytes, hex. */
  hash: string,
} | {
  "type": "listed",
  /** Paths and hashes. */
  files: Array<FileSum>,
  /** More were there than asked for. */
  is_cut: boolean,
} | { "type": "missing" } | {
  "type": "too_large",
  /** Its size. */
  bytes: number,
} | { "type": "not_text" } | {
  "type": "written",
  /** SHA-256 of its bytes, hex. */
  hash: string,
  /** Where somebody's edit was put, from where the file's own path starts. */
  kept: string | null,
} | { "type": "changed" } | {
  "type": "failed",
  /** What it said, with the path. */
  message: string,
};

/** A file, by whose it is. */
export type FileRef = {
  /** What the path starts from. */
  place: Place,
  /** The path, with `/`. */
  path: string,
};

/** A file of a directory. */
export type FileSum = {
  /** Its path from the directory, with `/`. */
  path: string,
  /** SHA-256 of its bytes, hex; `null` when it is too large. */
  hash: string | null,
};

/** What holds a long session to its task. */
export type Focus = {
  /** What the host's own agent reads when it sums the session up. */
  keep: string,
  /** Words that are looked for in what tools answer: whole, in this very spelling. */
  words: Array<string>,
};

/** A session of ours at the host. */
export type FoundSession = {
  /** Its id. */
  session: SessionId,
  /** Where it works; `null` in the person's checkout. */
  directory: string | null,
  /** What it was made for. */
  purpose: Purpose,
};

/** What can be asked of git. */
export type GitOperation = {
  "type": "inspect",
  /** A full ref name to look up as well, for example `refs/heads/mac/login`; or `<commit>^{commit}`,
   * to learn whether a commit is there. */
  reference: string | null,
} | {
  "type": "list",
  /** The commit. */
  commit: CommitId,
  /** At most so many files. */
  files_max: number,
} | {
  "type": "show",
  /** The commit. */
  commit: CommitId,
  /** Its path from the repository's root, with `/`. */
  path: string,
  /** A larger file is not shown. */
  bytes_max: number,
} | {
  "type": "measure",
  /** The commit. */
  commit: CommitId,
  /** Their paths from the repository's root, with `/`. */
  paths: Array<string>,
  /** The lines of a larger file are not counted. */
  bytes_max: number,
} | {
  "type": "prepare",
  /** Which directory of the pool. */
  slot: Slot,
  /** The commit to show. */
  at: CommitId,
  /** The pool's parent directory; `null` for the default outside the repository. */
  worktrees_dir: string | null,
  /** Paths in the person's checkout to link when they exist. */
  link: Array<string>,
  /** Paths in the person's checkout to copy when they exist. */
  copy: Array<string>,
  /** Ignored paths that survive the cleaning. */
  keep: Array<string>,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
} | {
  "type": "collect",
  /** Which directory of the pool. */
  slot: Slot,
  /** The commit the work began from: the parent of the new one. */
  base: CommitId,
  /** The full name of the ref to set. */
  reference: string,
  /** The commit message. */
  message: string,
  /** The diff is cut after so many bytes. */
  diff_bytes_max: number,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
} | {
  "type": "recall",
  /** The commit it began from. */
  base: CommitId,
  /** It. */
  commit: CommitId,
  /** The diff is cut after so many bytes. */
  diff_bytes_max: number,
} | {
  "type": "examine",
  /** Which directory of the pool. */
  slot: Slot,
  /** The commit. */
  at: CommitId,
} | {
  "type": "glance",
  /** Which directory of the pool. */
  slot: Slot,
} | {
  "type": "compare",
  /** A branch or a commit; `null` for what is not committed. */
  name: string | null,
  /** Paths that are left out of what is not committed, with `/`. */
  without: Array<string>,
  /** The diff is cut after so many bytes. */
  diff_bytes_max: number,
} | { "type": "look" } | {
  "type": "hold",
  /** The track. */
  track: TrackId,
  /** The tip of its integration branch; `null` when there is none. */
  tip: CommitId | null,
} | {
  "type": "merge",
  /** The integration tip. */
  onto: CommitId,
  /** The work. */
  commit: CommitId,
  /** The merge commit's message. */
  message: string,
  /** The task, for the commit's trailer. */
  task: TaskId,
  /** The track, for the commit's trailer. */
  track: TrackId,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
} | {
  "type": "compose",
  /** Whose files. */
  base: CommitId,
  /** Whose files are taken for `paths`. */
  from: CommitId,
  /** Which paths, with `/`; one that is not in `from` is gone. */
  paths: Array<string>,
  /** The parents of the new commit. */
  parents: Array<CommitId>,
  /** The full name of the ref to set. */
  reference: string,
  /** The commit message. */
  message: string,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
} | {
  "type": "revert",
  /** The commit to take it out of; it holds `until`. */
  tip: CommitId,
  /** The commit before the track's work. */
  since: CommitId,
  /** The commit with all of it. */
  until: CommitId,
  /** The track. */
  track: TrackId,
  /** The full name of the ref to set. */
  reference: string,
  /** The commit message. */
  message: string,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
} | {
  "type": "move",
  /** The full ref name. */
  reference: string,
  /** Where to. */
  to: CommitId,
  /** Where it must be now; `null` when it must not exist. */
  from: CommitId | null,
} | {
  "type": "relate",
  /** One. */
  ours: CommitId,
  /** The other. */
  theirs: CommitId,
} | {
  "type": "land",
  /** The branch they must still be on. */
  branch: string,
  /** Where it goes. */
  to: CommitId,
  /** What git's configuration must be like; else it resolves as `Tampered`. */
  guard: Array<Guarded>,
};

/** How a git operation ended. */
export type GitOutcome = {
  "type": "inspected",
  /** Its state. */
  repository: Repository,
} | {
  "type": "listed",
  /** Paths and sizes. */
  files: Array<ListedFile>,
  /** More were there than asked for. */
  is_cut: boolean,
} | {
  "type": "shown",
  /** `null` when it is not there, too large or not UTF-8. */
  text: string | null,
} | {
  "type": "measured",
  /** They. */
  files: Array<MeasuredFile>,
} | {
  "type": "prepared",
  /** Its absolute path. */
  directory: string,
} | {
  "type": "collected",
  /** The new commit; `null` when nothing had changed. */
  commit: CommitId | null,
  /** The changed paths. */
  changes: Array<Change>,
  /** The unified diff, perhaps cut. */
  diff: string,
  /** Its full size in bytes. */
  diff_bytes: number,
  /** Changed configuration of git or the host, left out of the commit. */
  left_out: Array<string>,
} | { "type": "clean" } | {
  "type": "tampered",
  /** What: names of `guard`, or paths in the worktree. */
  names: Array<string>,
} | {
  "type": "glanced",
  /** Equal while nothing changes. */
  digest: string,
} | {
  "type": "compared",
  /** What was compared. */
  comparison: Comparison,
  /** The changed paths. */
  changes: Array<Change>,
  /** The unified diff, perhaps cut. */
  diff: string,
  /** Its full size in bytes. */
  diff_bytes: number,
} | { "type": "unknown" } | {
  "type": "seen",
  /** Its state. */
  checkout: Checkout,
} | {
  "type": "held",
  /** Attempts whose work is in a ref. */
  attempts: Array<HeldAttempt>,
  /** Merges on the integration branch, newest first. */
  merges: Array<HeldMerge>,
} | {
  "type": "merged",
  /** It. */
  commit: CommitId,
} | {
  "type": "conflicted",
  /** Paths in conflict. */
  paths: Array<string>,
} | {
  "type": "made",
  /** It. */
  commit: CommitId,
} | { "type": "moved" } | {
  "type": "stale",
  /** Where; `null` when it does not exist. */
  actual: CommitId | null,
} | {
  "type": "related",
  /** Seen from `ours`. */
  relation: Relation,
} | { "type": "landed" } | {
  "type": "refused",
  /** Why, in git's words or ours. */
  reason: string,
} | {
  "type": "failed",
  /** What was tried and what git said. */
  message: string,
};

/** Something in git's configuration that can make git run a program or act elsewhere. */
export type Guarded = {
  /** What it is called, for people: `core.fsmonitor in .git/config`, `.git/hooks/pre-commit`. */
  name: string,
  /** A hash of its value. */
  hash: string,
};

/** Fingerprints of what a session holds. What it was sent is nobody's secret, and what it repeats of its
 * tools' answers is the project's. */
export type Heard = {
  /** What its agent said and thought, as far as its last word does not have it. */
  said: Marks,
  /** Its last word. */
  last: Marks,
  /** What tools answered. */
  outputs: Marks,
};

/** Whether what an agent says on the way to its answer could come up again where it does not belong. */
export type Hearing = "fingerprints" | "answer_only";

/** An attempt whose work is in a ref of ours. */
export type HeldAttempt = {
  /** The task. */
  task: TaskId,
  /** The attempt's number. */
  number: number,
  /** Its work. */
  commit: CommitId,
};

/** A merge of a task's work. */
export type HeldMerge = {
  /** The task. */
  task: TaskId,
  /** The merge commit. */
  commit: CommitId,
};

/** A file of a commit. */
export type ListedFile = {
  /** Its path from the repository's root, with `/`. */
  path: string,
  /** Its size. */
  bytes: number,
};

/** What can be asked of the machine. */
export type MachineOperation = { "type": "look" };

/** What was seen. */
export type MachineOutcome = {
  "type": "seen",
  /** All of it, in bytes. */
  memory_bytes: number,
  /** What programs can still get, in bytes. */
  free_bytes: number,
} | { "type": "unknown" };

/** Fingerprints, ascending. As JSON one string. */
export type Marks = string;

/** A file of a commit, by what it holds. */
export type MeasuredFile = {
  /** Its path from the repository's root, with `/`. */
  path: string,
  /** Git's id of its content. */
  blob: string,
  /** How many lines it has; `null` when it is too large for counting. */
  lines: number | null,
};

/** A model as the host names it. */
export type ModelRef = {
  /** The provider's id, for example `anthropic`. */
  provider: string,
  /** The model's id at that provider; it may hold slashes. */
  model: string,
};

/** Whose a stored text is. */
export type Origin = {
  "type": "ours",
  /** SHA-256 of what was sent, in hex. */
  sha256: string,
} | { "type": "host" } | { "type": "foreign" };

/** How an effect ended, by room. */
export type Outcome = { "kind": "session", "outcome": SessionOutcome }
  | { "kind": "git", "outcome": GitOutcome }
  | { "kind": "file", "outcome": FileOutcome }
  | { "kind": "process", "outcome": ProcessOutcome }
  | { "kind": "timer", "outcome": TimerOutcome }
  | { "kind": "catalogue", "outcome": CatalogueOutcome }
  | { "kind": "machine", "outcome": MachineOutcome }
  | { "kind": "audit", "outcome": AuditOutcome };

/** What a path starts from. */
export type Place = "repository" | "state" | "person";

/** What can be asked of processes. */
export type ProcessOperation = {
  "type": "run",
  /** The absolute directory. */
  directory: string,
  /** The command line. */
  command: string,
  /** After so long its group is ended and it resolves as `TimedOut`. */
  timeout_ms: number,
  /** So much of the end of its output is kept. */
  tail_bytes: number,
};

/** How a process ended. */
export type ProcessOutcome = {
  "type": "exited",
  /** The exit code. */
  code: number,
  /** How long it ran. */
  duration_ms: number,
  /** The end of what it printed, both streams as they came. */
  tail: string,
} | {
  "type": "timed_out",
  /** How long it ran. */
  duration_ms: number,
  /** The end of what it printed. */
  tail: string,
} | { "type": "aborted" } | {
  "type": "failed",
  /** Why. */
  message: string,
};

/** What is in a file. */
export type PromptContent = {
  "type": "text",
  /** It. */
  text: string,
} | {
  "type": "unreadable",
  /** Why. */
  reason: string,
};

/** A file in the person's directory of prompts. */
export type PromptFile = {
  /** Its name, without the directory. */
  name: string,
  /** What is in it. */
  content: PromptContent,
};

/** What the host finds when it is configured. */
export type PromptSources = {
  /** The plugin's options as the person wrote them. */
  options: unknown,
  /** The files in the person's directory of prompts. */
  files: Array<PromptFile>,
  /** Prompts that the person set in the host's own configuration, by agent. They win. */
  own: { [key in string]: string },
  /** What was registered when the host started, where it looks again: that stays until it is restarted. */
  registered: PromptsInUse | null,
};

/** The prompts at work, for a command. */
export type PromptsInUse = {
  /** The hash of each agent's prompt, by the agent's name at the host. */
  hashes: { [key in string]: string },
  /** What is wrong with the person's files: no agent is asked until that is put right. */
  problems: Array<string>,
  /** What the person may not expect. */
  notes: Array<string>,
};

/** What a session is for. */
export type Purpose = {
  /** The agent it was made for. */
  agent: string,
  /** The task it works on, if any. */
  task: string | null,
  /** Which attempt at that task, from 1; 0 when there is none. */
  attempt: number,
};

/** How one commit lies to another. */
export type Relation = "same" | "ahead" | "behind" | "diverged";

/** What a repository looks like. */
export type Repository = {
  /** `false` outside a git repository; all else is then empty. */
  is_repository: boolean,
  /** The repository's directory name. */
  name: string,
  /** The commit of HEAD; `null` before the first commit. */
  head: CommitId | null,
  /** The tree of HEAD, 40 hex digits. */
  tree: string | null,
  /** The branch of HEAD; `null` when detached. */
  branch: string | null,
  /** Tracked files that differ from HEAD. */
  dirty_files: number,
  /** The first of them, at most 50. */
  dirty_paths: Array<string>,
  /** A branch named `mac` exists and would collide with `mac/<track>`. */
  has_mac_branch: boolean,
  /** The commit of the reference that was asked for. */
  reference: CommitId | null,
  /** What must stay as it is while we work. */
  guard: Array<Guarded>,
};

/** A permission rule of a session. */
export type Rule = {
  /** The host's name of the permission: `edit`, `bash`, `read`, … or `*`. */
  permission: string,
  /** A glob over what is asked for. */
  pattern: string,
  /** What happens. */
  action: RuleAction,
};

/** What a permission rule does. */
export type RuleAction = "allow" | "deny";

/** A session of the host: a chat of the person, or one of ours. */
export type SessionId = string;

/** What can be asked of sessions. */
export type SessionOperation = {
  "type": "create",
  /** Where it works: an absolute worktree path, or `null` for the person's checkout. */
  directory: string | null,
  /** The chat it belongs to. */
  parent: SessionId,
  /** What the person sees as its name. */
  title: string,
  /** Ordered permission rules, the last match wins. */
  rules: Array<Rule>,
  /** What it is for; kept with the session so that an orphan can be told from a chat. */
  purpose: Purpose,
} | {
  "type": "ask",
  /** The session. */
  session: SessionId,
  /** The same directory as at its creation. */
  directory: string | null,
  /** Which agent answers. */
  agent: string,
  /** Which model; `null` leaves it to the host. */
  model: ModelRef | null,
  /** The text, sent byte for byte. */
  text: string,
  /** When to abort it and resolve as `Failed` with [`Trouble::Deadline`]. */
  timeout_ms: number,
  /** Without any event from it for so long it is aborted with [`Trouble::Silent`]. */
  silent_ms: number,
  /** What holds a long session to its task; `null` where that is not needed. */
  focus?: Focus,
  /** Whether what the session holds is told when the ask ends. */
  hearing: Hearing,
} | {
  "type": "nudge",
  /** The session. */
  session: SessionId,
  /** The same directory as at its creation. */
  directory: string | null,
  /** Which agent answers. */
  agent: string,
  /** Which model; `null` leaves it to the host. */
  model: ModelRef | null,
  /** The text, sent byte for byte. */
  text: string,
} | {
  "type": "recall",
  /** The session. */
  session: SessionId,
  /** The same directory as at its creation. */
  directory: string | null,
} | {
  "type": "find",
  /** The chats. */
  parents: Array<SessionId>,
} | {
  "type": "remove",
  /** The session. */
  session: SessionId,
  /** The same directory as at its creation. */
  directory: string | null,
};

/** How a session operation ended. */
export type SessionOutcome = {
  "type": "created",
  /** Its id. */
  session: SessionId,
} | {
  "type": "answered",
  /** The text parts of its last message, at most 1 MiB of them. */
  text: string,
  /** Their full size in UTF-8 bytes. */
  text_bytes: number,
  /** The finish reason of its last message: `stop` when it ended by itself, `tool-calls` when
   * a denied permission stopped it, `length` when it was cut off, `null` for a bad stream. */
  finish: string | null,
  /** What this ask cost. */
  usage: Usage,
  /** The texts that the session holds, oldest first, read together with the answer. */
  stored: Array<StoredText>,
} | {
  "type": "failed",
  /** What went wrong. */
  trouble: Trouble,
  /** What was spent all the same. */
  usage: Usage,
} | {
  "type": "aborted",
  /** What was spent all the same. */
  usage: Usage,
} | { "type": "nudged" } | {
  "type": "unfinished",
  /** What it has cost so far. */
  usage: Usage,
} | {
  "type": "found",
  /** Them. */
  sessions: Array<FoundSession>,
} | { "type": "removed" } | {
  "type": "kept",
  /** What the host said. */
  reason: string,
};

/** A sign of life or trouble from a working session. */
export type SessionSignal = {
  "type": "stepped",
  /** The finish reason that the provider gave; `null` when the stream just ended. */
  finish: string | null,
  /** What this turn cost. */
  usage: Usage,
} | {
  "type": "called",
  /** The tool. */
  tool: string,
  /** A hash of the tool and what it was called with: equal calls have equal ones. */
  call: string,
  /** The call failed. */
  is_error: boolean,
  /** What it brought into the session. */
  touched: Touched,
} | {
  "type": "retrying",
  /** Which try comes next, from 1. */
  attempt: number,
  /** When, in milliseconds since the Unix epoch. */
  next_ms: number,
  /** What the provider said. */
  message: string,
} | {
  "type": "stored",
  /** Its texts, oldest first. */
  texts: Array<StoredText>,
} | {
  "type": "overheard",
  /** Them. */
  heard: Heard,
} | {
  "type": "denied",
  /** What was asked for. */
  what: string,
};

/** What the host knows when a command is given. */
export type Setting = {
  /** The plugin's options as the person wrote them; the engine validates them. */
  options: unknown,
  /** The person's `model`, when one is set. */
  model: ModelRef | null,
  /** The person's `small_model`, when one is set. */
  small_model: ModelRef | null,
  /** Models that the person set for agents of ours in the host's configuration, by agent. */
  agents: { [key in string]: ModelRef },
  /** What the person says in the host's configuration of tools beside those that agents of ours have rules
   * for, by agent; the last that fits a tool counts. */
  tool_rules: { [key in string]: Array<Rule> },
  /** The prompts that the agents were registered with. */
  prompts: PromptsInUse,
  /** Seed for jitter and for the choice between prompts, drawn once a command. */
  seed: number,
};

/** A worktree directory of the pool, counted from 1. */
export type Slot = number;

/** The texts of a session. They leave the host's process for nowhere, and no journal has them. */
export type Speech = {
  /** What it was sent. */
  sent: Array<string>,
  /** What its agent said and thought on its way to its last word. */
  said: Array<string>,
  /** Its last word, which may be a document of its own. */
  last: string,
  /** What tools answered. */
  outputs: Array<string>,
};

/** An event and when it happened. This is what the journal holds, one a line. */
export type Stamped = {
  /** Milliseconds since the Unix epoch, from the host's clock. */
  at_ms: number,
  /** What happened. */
  event: Event,
};

/** A part of a stored text. */
export type StoredPart = {
  /** The host's name for its kind: `text`, `file`, … */
  kind: string,
  /** SHA-256 of its text, in hex; of its JSON when it has none. */
  sha256: string,
  /** Size of the same in UTF-8 bytes. */
  bytes: number,
  /** Where it begins to differ from the text that was asked last, in bytes; 0 when it has nothing to
   * do with that. */
  differs_at: number,
  /** At most 120 bytes from there on. */
  excerpt: string,
};

/** A text in a session, as the host has stored it. */
export type StoredText = {
  /** Whose it is. */
  origin: Origin,
  /** What it is made of, in order. */
  parts: Array<StoredPart>,
};

/** A task's id as the backlog spells it: data, never a path. The backlog parser checks its form. */
export type TaskId = string;

/** What an earlier process left behind and the host put right when it opened the journal. */
export type Tidied = {
  /** Processes that were still running and were ended. */
  processes: number,
  /** Bytes of a torn last line that were cut off the journal. */
  torn_bytes: number,
};

/** What can be asked of the clock. */
export type TimerOperation = {
  "type": "sleep",
  /** How much later. */
  duration_ms: number,
};

/** How a wait ended. */
export type TimerOutcome = { "type": "elapsed" } | { "type": "aborted" };

/** A tool of the host. */
export type ToolDefinition = {
  /** Its name at the host. */
  name: string,
  /** What it does. */
  description: string,
  /** What it takes, as a JSON Schema. A tool that takes anything else is another one, and stays as it is. */
  parameters: { properties: Record<string, unknown> } & Record<string,
  unknown>,
};

/** What a tool call brought into its session. */
export type Touched = {
  /** The files and directories it was called with, relative to the session's directory where they are in
   * it, else absolute; the first 20. */
  paths: Array<string>,
  /** Size of its input, as JSON, in UTF-8 bytes. */
  input_bytes: number,
  /** Size of its output in UTF-8 bytes. */
  output_bytes: number,
  /** Which of the words that are looked for stand in its output. */
  words: Array<string>,
};

/** A backlog's `track_id`; part of branch and ref names. */
export type TrackId = string;

/** What went wrong with a session. */
export type Trouble = {
  "type": "error",
  /** The host's name for it, for example `APIError`. */
  name: string,
  /** The HTTP status, when there was one. */
  status: number | null,
  /** What it said. */
  message: string,
} | { "type": "deadline" } | { "type": "silent" };

/** Tokens and money as the host counted them. */
export type Usage = {
  /** Tokens sent, without those read from a cache. */
  input_tokens: number,
  /** Tokens received, reasoning included. */
  output_tokens: number,
  /** Tokens read from a cache. */
  cached_tokens: number,
  /** US dollars. */
  cost_usd: number,
  /** Model turns. */
  steps: number,
};
