//! The person: commands, Esc, edits, and a heavy hand in git and in the file system.

use multi_agent_coder::backlog::{Status, TaskSpec, render};
use multi_agent_coder::effect::file::Place;
use multi_agent_coder::event::{CommandName, Event, Setting};
use multi_agent_coder::ids::{ModelRef, SessionId, TaskId};

use crate::agents::LONG_TALK;
use crate::coverage::Class;
use crate::setup::{Act, Death, mark};
use crate::world::{BACKLOG, Command, Item, MEMORY, World, trace};

/// What makes a file unreadable.
const DAMAGE: &str = "\n  - : [";

impl World {
    /// Gives a command in a chat of its own.
    pub fn give(&mut self, name: CommandName, arguments: &str) -> SessionId {
        self.chats += 1;
        let chat = SessionId(format!("chat-{}", self.chats));
        let command = Command { name, arguments: arguments.to_owned(), stopped_ms: None };
        self.open.insert(chat.clone(), command);
        let setting = Setting {
            options: self.setup.options.clone(),
            model: ModelRef::parse("acme/large"),
            small_model: ModelRef::parse("acme/small"),
            agents: Default::default(),
            prompts: Default::default(),
            tool_rules: Default::default(),
            seed: self.rng.next() as u32,
        };
        self.receive(Event::Command { chat: chat.clone(), name, arguments: arguments.to_owned(), setting });
        chat
    }

    /// The person looks at what waits, decides on a task, or has their own changes reviewed.
    pub fn give_review(&mut self) {
        let id = self.rng.pick(&self.readable.tasks).id.clone();
        let words = format!("\"round it up, {}\"", mark(id.as_str()));
        let arguments = match self.rng.below(9) {
            0..=2 => format!("{id} approve"),
            3 => format!("{id} changes {words}"),
            4 => format!("{id} rebase {words}"),
            5 => format!("{id} reject"),
            6 => "land".to_owned(),
            7 => "--json".to_owned(),
            _ => String::new(),
        };
        self.review(&arguments);
    }

    /// `/review`, with what the books keep of it.
    pub fn review(&mut self, arguments: &str) {
        let mut words = arguments.split(' ');
        let id = words.next().unwrap_or_default().to_owned();
        match words.next() {
            Some("approve") => {
                self.hit(Class::Approved);
                self.books.approved.insert(id);
            }
            Some("changes") => {
                self.hit(Class::SentBack);
                self.books.sent_back.insert(id);
            }
            Some("reject") => self.hit(Class::Rejected),
            _ => {}
        }
        self.give(CommandName::Review, arguments);
    }

    /// The person does something beside.
    pub fn person(&mut self, act: Act) {
        trace!(self, "-- the person: {act:?}");
        match act {
            Act::Progress | Act::Metrics | Act::Check | Act::Audit if self.process.is_some() => {
                if self.open.values().any(|command| !crate::checks::is_look(command)) {
                    self.hit(Class::Beside);
                }
                match act {
                    Act::Progress => self.give(CommandName::Progress, ""),
                    Act::Metrics => self.give(CommandName::Metrics, ""),
                    Act::Audit => self.give(CommandName::Progress, "--audit"),
                    _ => self.give(CommandName::Backlog, "--check"),
                };
            }
            Act::SecondCommand if self.open.values().any(|command| !crate::checks::is_look(command)) => {
                self.hit(Class::TwoCommands);
                self.give(CommandName::Implement, "");
            }
            Act::Progress | Act::Metrics | Act::Check | Act::Audit | Act::SecondCommand => {}
            Act::Esc => self.press_esc(),
            Act::Edit => self.edit(),
            Act::EditDocument => {
                let id = self.rng.pick(&self.readable.tasks).id.clone();
                let path = format!("tasks/{id}.notes.md");
                self.put(Place::Repository, &path, "my own notes\n");
                self.books.edited.insert(path);
            }
            Act::EditMemory => self.edit_memory(),
            Act::Damage => self.damage(),
            Act::DeleteWorktree => self.delete_worktree(),
            Act::DeleteSession => {
                let live = self.sessions.iter().filter(|(_, session)| !session.is_gone);
                let live: Vec<SessionId> = live.map(|(id, _)| id.clone()).collect();
                if !live.is_empty() {
                    self.hit(Class::SessionDeleted);
                    let session = self.rng.pick(&live).clone();
                    self.remove_session(&session);
                }
            }
            Act::MoveBranch => {
                let branch = self.branch();
                if self.git.refs.contains_key(&branch) {
                    self.hit(Class::BranchMoved);
                    self.commit(&branch);
                }
            }
            Act::DeleteBranch => {
                let branch = self.branch();
                if self.git.refs.remove(&branch).is_some() {
                    self.hit(Class::BranchDeleted);
                    self.note_loss();
                }
            }
            Act::ResetBranch => {
                let branch = self.branch();
                let tip = self.git.refs.get(&branch).and_then(|tip| self.git.commit(tip));
                if let Some(parent) = tip.and_then(|tip| tip.parents.first().cloned()) {
                    self.hit(Class::BranchReset);
                    self.git.refs.insert(branch, parent);
                    self.note_loss();
                }
            }
            Act::MergeBranch => {
                let (head, tip) = (self.git.head(), self.git.refs.get(&self.branch()).cloned());
                if let Some(tip) = tip.filter(|tip| !self.git.holds(&self.git.refs[&head], tip)) {
                    self.hit(Class::BranchMerged);
                    self.git.merge_into(&head, &tip);
                }
            }
            Act::CommitHead => {
                self.hit(Class::HeadMoved);
                let head = self.git.head();
                self.commit(&head);
            }
            Act::Dirty => self.git.dirty_files = self.rng.below(3) as u32,
            Act::SwitchBranch => {
                let head = self.git.refs[&self.git.head()].clone();
                self.git.branch = if self.git.branch == "main" { "topic".into() } else { "main".into() };
                let other = self.git.head();
                self.git.refs.entry(other).or_insert(head);
            }
            Act::Die(Death::Now) => self.die(),
            Act::Die(death) if self.process.is_some() => self.death = Some(death),
            Act::Die(_) => {}
        }
    }

    fn press_esc(&mut self) {
        let running = self.open.iter().find(|(_, command)| !crate::checks::is_look(command));
        if let Some((chat, _)) = running {
            let event = Event::Cancelled { chat: chat.clone() };
            self.hit(Class::Esc);
            self.receive(event);
        }
    }

    /// The person commits a file of theirs.
    fn commit(&mut self, reference: &str) {
        self.words += 1;
        let text = format!("by hand {}\n", self.words);
        let path = if self.rng.chance(300) { "shared/lib.js" } else { "notes.md" };
        self.git.commit_on(reference, path, &text);
    }

    fn delete_worktree(&mut self) {
        let slots: Vec<_> = self.git.worktrees.keys().copied().collect();
        if slots.is_empty() {
            return;
        }
        let slot = *self.rng.pick(&slots);
        let Some(worktree) = self.git.worktrees.remove(&slot) else { return };
        self.hit(Class::WorktreeDeleted);
        // What was only there is gone by the person's own hand.
        let texts: String = worktree.tree.values().map(String::as_str).collect();
        self.books.words.retain(|word, _| !texts.contains(word.as_str()));
    }

    fn damage(&mut self) {
        let Some(text) = self.file(BACKLOG).map(str::to_owned) else { return };
        self.hit(Class::Damaged);
        let text = if self.rng.chance(500) {
            format!("{text}\n  - : [")
        } else {
            text.replacen("depends_on:", "depends_on: [T99] #", 1)
        };
        self.edit_backlog(&text);
    }

    /// Edits the memory: takes an entry out, adds one, removes the file, or makes it unreadable.
    fn edit_memory(&mut self) {
        self.repair_memory();
        let Some(text) = self.file(MEMORY).map(str::to_owned) else { return };
        let edited = match self.rng.below(4) {
            0 => {
                self.hit(Class::MemoryGone);
                self.files.remove(&(Place::Repository, MEMORY.to_owned()));
                return self.books.unlearned.clear();
            }
            1 => {
                let Some((before, after)) = text.split_once("  - id: ") else { return };
                let lines =
                    |text: &str| text.lines().find(|line| line.starts_with("    text: ")).map(str::to_owned);
                self.books.unlearned.extend(lines(after));
                self.hit(Class::Unlearned);
                let end = after.find("  - id: ").or_else(|| after.find("deleted:")).unwrap_or(after.len());
                let before = if after[end..].starts_with("deleted:") && before.ends_with("entries:\n") {
                    before.replace("entries:\n", "entries: []\n")
                } else {
                    before.to_owned()
                };
                format!("{before}{}", &after[end..])
            }
            2 if text.contains("entries:\n") => {
                self.words += 1;
                text.replacen("entries:\n", &format!("entries:\n  - text: mine {}\n", self.words), 1)
            }
            _ => {
                self.hit(Class::MemoryDamaged);
                format!("{text}{DAMAGE}")
            }
        };
        self.books.edited.insert(MEMORY.to_owned());
        self.put(Place::Repository, MEMORY, &edited);
    }

    fn repair_memory(&mut self) {
        if let Some(text) = self.file(MEMORY).and_then(|text| text.strip_suffix(DAMAGE)).map(str::to_owned) {
            self.books.edited.insert(MEMORY.to_owned());
            self.put(Place::Repository, MEMORY, &text);
        }
    }

    /// Makes the backlog readable again.
    pub fn repair(&mut self) {
        if self.file(BACKLOG).is_some() && self.backlog().is_none() {
            let text = render(&self.readable);
            self.edit_backlog(&text);
        }
    }

    /// Changes the backlog as a person does who looks at it.
    fn edit(&mut self) {
        let Some(mut backlog) = self.backlog() else { return self.repair() };
        self.hit(Class::Edited);
        let count = backlog.tasks.len() as u64;
        let at = self.rng.below(count) as usize;
        match self.rng.below(7) {
            0 => backlog.tasks[at].title.push('!'),
            1 => {
                let talk = if self.rng.chance(150) { LONG_TALK.repeat(40) } else { String::new() };
                let line = format!("and round, {talk}{}", mark(backlog.tasks[at].id.as_str()));
                backlog.tasks[at].acceptance.push(line);
            }
            2 => backlog.tasks[at].status = Status::Ready,
            3 if count > 1 => {
                let id = backlog.tasks.remove(at).id;
                for task in &mut backlog.tasks {
                    task.depends_on.retain(|other| *other != id);
                }
            }
            4 if count < 8 => backlog.tasks.push(self.new_task(&backlog.tasks)),
            5 => backlog.tasks.reverse(),
            6 if self.rng.chance(300) => {
                backlog.tasks[at].status = Status::Completed;
                self.books.given.insert(backlog.tasks[at].id.to_string());
            }
            _ => backlog.tasks[at].scope.estimated_hours += 1.0,
        }
        let text = render(&backlog);
        self.edit_backlog(&text);
        self.readable = backlog;
    }

    /// Cuts the tasks that are refused as too long. Whether there were any.
    pub fn cut_long(&mut self) -> bool {
        let Some(mut backlog) = self.backlog() else { return false };
        let is_told =
            matches!(&self.end, Some(Err(error)) if error.contains("a shorter wording was asked for"));
        let criteria = backlog.tasks.iter_mut().flat_map(|task| &mut task.acceptance);
        let mut long = criteria.filter(|line| line.contains(LONG_TALK)).peekable();
        if !is_told || long.peek().is_none() {
            return false;
        }
        long.for_each(|line| *line = line.replace(LONG_TALK, ""));
        self.hit(Class::TooLong);
        let text = render(&backlog);
        self.edit_backlog(&text);
        self.readable = backlog;
        true
    }

    /// The person writes the backlog: until the engine has read that, it is theirs.
    fn edit_backlog(&mut self, text: &str) {
        if self.file(BACKLOG) != Some(text) {
            self.books.edited.insert(BACKLOG.to_owned());
            self.books.depends_on.clear();
            self.note_track(text);
            self.put(Place::Repository, BACKLOG, text);
        }
    }

    fn new_task(&mut self, tasks: &[TaskSpec]) -> TaskSpec {
        let free = (1..).map(|n| format!("T{n:02}"));
        let mut free = free.filter(|id| tasks.iter().all(|task| task.id.as_str() != id));
        let id = free.next().unwrap_or_default();
        let mut task = tasks[0].clone();
        task.description = format!("One more part, {}.", mark(&id));
        task.acceptance = vec![format!("it works, {}", mark(&id))];
        task.scope.files_hint = vec![format!("{}/main.js", id.to_lowercase())];
        task.depends_on.clear();
        task.status = Status::Pending;
        (task.attempts, task.last_attempt, task.error) = (0, None, None);
        task.id = TaskId(id);
        task
    }

    /// Lets the world turn to the good: nothing goes wrong any more, and what the person damaged is
    /// put right.
    pub fn turn_benign(&mut self) {
        trace!(self, "== from here on the world is benign");
        self.is_benign = true;
        self.death = None;
        self.queue.retain(|_, item| !matches!(item, Item::Again(_) | Item::Signals(..)));
        self.git.branch = "main".into();
        self.git.dirty_files = 0;
        self.repair();
        self.repair_memory();
        if let Some(options) = self.setup.options.as_object_mut() {
            options.remove("budget");
        }
    }
}
