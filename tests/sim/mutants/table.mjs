// The faults: each replaces a text that stands exactly once in a file. A fault with a `scenario` needs a
// world that the simulator does not draw; that test notices it.

const ASKING = "src/run/draft/asking.rs";
const ATTEMPT = "src/run/implement/attempt.rs";
const BEGIN = "src/run/implement/begin.rs";
const DISPATCH = "src/run/implement/dispatch.rs";
const DOOR = "src/run/implement/door.rs";
const EDITABLE = "src/run/implement/editable.rs";
const ENGINE = "src/engine.rs";
const FAILURE = "src/run/implement/failure.rs";
const FILES = "src/run/implement/files.rs";
const FINISH = "src/run/implement/finish.rs";
const JUDGING = "src/run/implement/judging.rs";
const LEFT = "src/run/implement/left.rs";
const MERGE = "src/run/implement/merge.rs";
const READING = "src/run/implement/reading.rs";
const REBASING = "src/run/implement/rebasing.rs";
const RECOVER = "src/run/recover.rs";
const REWORK = "src/run/implement/rework.rs";
const STANDING = "src/run/implement/standing.rs";
const STOP = "src/run/implement/stop.rs";
const TRACK = "src/track.rs";
const TURN = "src/engine/turn.rs";
const WORKING = "src/run/implement/working.rs";

export const MUTANTS = [
  {
    name: "work on what is left alone is taken",
    file: JUDGING,
    find: "(None, Some(_)) if !self.touched(changes).is_empty() => {",
    replace: "(None, Some(_)) if false => {",
  },
  {
    name: "swap without its old value",
    file: MERGE,
    find: "to: merge.clone(), from: Some(self.tip.clone()) };",
    replace: "to: merge.clone(), from: None };",
  },
  {
    name: "merged task not complete",
    file: MERGE,
    find: "        self.schedule.complete(attempt.task);\n",
    replace: "",
  },
  {
    name: "tip not updated after stale",
    file: MERGE,
    find: "                self.tip = actual.clone();\n",
    replace: "",
  },
  {
    name: "two merges at once",
    file: MERGE,
    find: "        if self.merging.is_some() {",
    replace: "        if false {",
  },
  {
    name: "combined work not checked again",
    file: MERGE,
    find: "if is_judged || self.gates.is_empty() {",
    replace: "if true {",
  },
  {
    name: "merge kept out of the track",
    file: MERGE,
    find: "        self.track.tip = Some(merge.clone());\n",
    replace: "",
  },
  {
    name: "death forgets who was running",
    file: TRACK,
    find: "if record.life.is_alive() {",
    replace: "if matches!(record.life, Life::Resting { .. }) {",
  },
  {
    name: "checkpoint without tracks",
    file: ENGINE,
    find: "let text = serde_json::to_string(&self.shared)",
    replace:
      "let text = serde_json::to_string(&Shared { tracks: BTreeMap::new(), ..self.shared.clone() })",
  },
  {
    name: "checkpoint without sessions",
    file: ENGINE,
    find: "let text = serde_json::to_string(&self.shared)",
    replace:
      "let text = serde_json::to_string(&Shared { sessions: BTreeMap::new(), ..self.shared.clone() })",
  },
  {
    name: "checkpoint not taken over",
    file: ENGINE,
    find: "        *turn.shared = Shared { now_ms: turn.shared.now_ms, ..shared };\n",
    replace: "        let _ = shared;\n",
  },
  {
    name: "session struck off before it is gone",
    file: ENGINE,
    find: "(Nature::Removes { session }, Outcome::Session(SessionOutcome::Removed)) => {",
    replace: "(Nature::Removes { session }, _) => {",
  },
  {
    name: "session never booked",
    file: ENGINE,
    find: "            turn.shared.sessions.insert(session.clone(), directory);\n",
    replace: "            let _ = (session, directory);\n",
  },
  {
    name: "answers count twice",
    file: ENGINE,
    find: "turn.shared.waiting.remove(&id) else {",
    replace: "turn.shared.waiting.get(&id).cloned() else {",
  },
  {
    name: "a new process still waits",
    file: ENGINE,
    find: "    turn.shared.waiting.clear();\n",
    replace: "",
  },
  {
    name: "interrupted chats forgotten",
    file: ENGINE,
    find: "    interrupted.chats.extend(activity.chat().cloned());\n",
    replace: "    let _ = activity.chat();\n",
  },
  {
    name: "effect ids used twice",
    file: TURN,
    find: "        self.shared.next_effect += 1;\n",
    replace: "        self.shared.next_effect += u64::from(!operation.is_answered());\n",
  },
  {
    name: "Esc cancels nothing",
    file: STOP,
    find: "        self.stop_for(Stop::Person);\n        turn.cancel_all();\n",
    replace: "        self.stop_for(Stop::Person);\n",
  },
  {
    name: "Esc forgotten between stages",
    file: ATTEMPT,
    find: "if self.is_stopping() && stage.ends_with_a_stop() {",
    replace: "if false && stage.ends_with_a_stop() {",
  },
  {
    name: "new attempts after Esc",
    file: DISPATCH,
    find: "while self.stopping.is_none() && self.schedule.ready() > 0 {",
    replace: "while (self.stopping.is_none() || self.is_stopping()) && self.schedule.ready() > 0 {",
  },
  {
    name: "budget never used up",
    file: "src/run/implement/budget.rs",
    find: "        if part >= 1.0 {",
    replace: "        if part >= 100.0 {",
  },
  {
    name: "budget does not stop dispatch",
    file: DISPATCH,
    find: "while self.stopping.is_none() && self.schedule.ready() > 0 {",
    replace: "while !self.is_stopping() && self.schedule.ready() > 0 {",
  },
  {
    name: "one worker too many",
    file: BEGIN,
    find: "free: (1..=run.options.max_workers).map(Slot).collect(),",
    replace: "free: (1..=run.options.max_workers + 1).map(Slot).collect(),",
  },
  {
    name: "directory free too soon",
    file: WORKING,
    find: "        self.enter(attempt, Stage::Collecting { directory, failure });\n",
    replace:
      "        self.free.insert(attempt.slot);\n        self.enter(attempt, Stage::Collecting { directory, failure });\n",
  },
  {
    name: "directory never free again",
    file: FAILURE,
    find: "        self.free.insert(attempt.slot);\n",
    replace: "",
  },
  {
    name: "retry not counted",
    file: FAILURE,
    find: "        record.attempts += 1;\n        record.failures",
    replace: "        record.failures",
  },
  {
    name: "given up and done",
    file: FAILURE,
    find: "record.life = Life::Failed { class };\n                self.schedule.remove(task);\n",
    replace:
      "record.life = Life::Failed { class };\n                self.schedule.complete(task);\n",
  },
  {
    name: "failed task not given back",
    file: FAILURE,
    find: "            Next::Again => {\n                self.schedule.give_back(task);\n",
    replace: "            Next::Again => {\n",
  },
  {
    name: "red work gone on with",
    file: FAILURE,
    find: "record.left = if failure.consumes_attempt() { None } else { attempt.left() };",
    replace: "record.left = attempt.left();",
  },
  {
    name: "evidence of other tasks",
    file: READING,
    find: "let evidence = record.map(Record::lessons).unwrap_or_default();",
    replace:
      "let _ = record;\n        let evidence: Vec<String> = self.track.records.iter().flat_map(Record::lessons).collect();",
  },
  {
    name: "context not written first",
    file: READING,
    find: "        turn.write_document(attempt.wait(), &path, context.clone());\n        self.enter(attempt, Stage::Recording { directory, context });\n",
    replace: "        let _ = path;\n        self.create(turn, attempt, directory, context);\n",
  },
  {
    name: "context sent is not the one written",
    file: WORKING,
    find: "            text: context,\n",
    replace: '            text: format!("{context}\\n"),\n',
  },
  {
    name: "no deadline for a worker",
    file: WORKING,
    find: "            text: context,\n            timeout_ms: self.run.options.task_timeout_ms,\n",
    replace: "            text: context,\n            timeout_ms: 0,\n",
  },
  {
    name: "all attempts in one ref",
    file: DOOR,
    find: 'format!("refs/mac/{track}/{task}/{attempt}")',
    replace: 'format!("refs/mac/{track}/{task}/{}", attempt.min(1))',
  },
  {
    name: "attempts all have one number",
    file: ATTEMPT,
    find: "                record.begun += 1;\n",
    replace: "",
  },
  {
    name: "worker's session not deleted",
    file: WORKING,
    find: "        self.look_at_checkout(turn);\n        turn.remove_session(&session, Waiter::Nobody);\n",
    replace: "        self.look_at_checkout(turn);\n",
  },
  {
    name: "empty work is no failure",
    file: JUDGING,
    find: "            (None, None) => self.failed(turn, &attempt, Failure::Empty),\n",
    replace: "            (None, None) => self.interrupted(turn, &attempt),\n",
  },
  {
    name: "red gates accepted",
    file: "src/run/health.rs",
    find: "report.has_failed() || report.ran_no_test && (brings_tests || !self.runs_no_test)",
    replace: "report.has_failed() && report.ran_no_test && (brings_tests || !self.runs_no_test)",
  },
  {
    name: "no review",
    file: JUDGING,
    find: "        if self.run.options.review == ReviewMode::Off {\n            return self.queue(",
    replace: "        if true {\n            return self.queue(",
  },
  {
    name: "refused work queued",
    file: REWORK,
    find: "                self.changes_requested(turn, &attempt, &work, issues);\n",
    replace: "                let _ = issues;\n                self.queue(turn, attempt, work);\n",
  },
  {
    name: "lands with open tasks",
    file: FINISH,
    find: "let is_to_land = self.track.is_complete() && is_wanted;",
    replace: "let is_to_land = is_wanted;",
  },
  {
    name: "lands unasked",
    file: FINISH,
    find: "let is_to_land = self.track.is_complete() && is_wanted;",
    replace: "let is_to_land = self.track.is_complete();",
  },
  {
    name: "merges that nobody heard of ignored",
    // With its journal the core merges the same work again, which git says is there.
    scenario: "unheard::a_merge_that_nobody_heard_of_is_found_on_its_own_line",
    file: STANDING,
    find: "            if self.track.take_merge(index, &held.commit) {",
    replace: "            if false && self.track.take_merge(index, &held.commit) {",
  },
  {
    name: "work on no branch counts",
    file: STANDING,
    find: "Outcome::Git(GitOutcome::Related { relation: Relation::Same | Relation::Ahead }) => {",
    replace: "Outcome::Git(GitOutcome::Related { .. }) => {",
  },
  {
    name: "taken refs not known",
    // Only without its journal does the core not know them.
    scenario: "unheard::without_its_journal_the_refs_say_what_is_done",
    file: STANDING,
    find: "                record.begun = record.begun.max(held.number);\n",
    replace: "                let _ = record;\n",
  },
  {
    name: "dependencies ignored",
    file: "src/schedule/mod.rs",
    find: "        if self.open[index] == 0 && self.places[index] == Place::Waiting {",
    replace: "        if self.places[index] == Place::Waiting {",
  },
  {
    name: "a second command beside the first",
    file: "src/run/mod.rs",
    find: "    if activity != Activity::Idle {",
    replace: "    if false {",
  },
  {
    name: "edits of the backlog overwritten",
    file: EDITABLE,
    find: "self.hash.clone().map_or(Expected::Missing, |hash| Expected::Hash { hash })",
    replace: "Expected::Anything",
  },
  {
    name: "a replay writes no backlog",
    file: FILES,
    find: "        if !self.file.is_due() {",
    replace: "        if !self.file.is_due() || turn.is_past {",
  },
  {
    name: "documents not remembered",
    file: TURN,
    find: "        self.remember_document(path, &text);\n",
    replace: "",
  },
  {
    name: "a failed search is not made again",
    file: RECOVER,
    find: "                    self.is_search_due = true;\n",
    replace: "",
  },
  {
    name: "bad ends taken over",
    file: LEFT,
    find: "(Stage::Collecting { failure: None, .. }, None) => Remains::Answered { slot },",
    replace: "(Stage::Collecting { .. }, None) => Remains::Answered { slot },",
  },
  {
    name: "finished work asked for again",
    file: LEFT,
    find: "            (_, Some(commit)) => Remains::Kept { commit: commit.clone() },\n",
    replace: "            (_, Some(_)) => return None,\n",
  },
  {
    name: "a backlog may repeat talk",
    file: ASKING,
    find: "        problems.extend(tasks.iter().flat_map(|task| echoes(task, overheard, &[&self.earlier])));\n",
    replace: "        let _ = (overheard, echoes);\n",
  },
  {
    name: "a better spec may repeat talk",
    file: REBASING,
    find: "        problems.extend(echoes.iter().map(ToString::to_string));\n",
    replace: "        let _ = echoes;\n",
  },
];
