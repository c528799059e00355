//! What the host is told about us: commands, agents and what each agent may do. Data, no logic.

use serde::{Deserialize, Serialize};

use crate::effect::session::{Rule, RuleAction};
use crate::event::CommandName;
use crate::prompts::{OPTIONS, PromptSources, PromptsInUse, Registered, gather};
use crate::tools::{ToolDefinition, tools};

/// Everything to register with the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Definitions {
    /// The slash commands.
    pub commands: Vec<CommandDefinition>,
    /// The agents that work for them.
    pub agents: Vec<AgentDefinition>,
    /// How the host's tools are described to them.
    pub tools: Vec<ToolDefinition>,
    /// The prompts of those agents, for the setting of each command.
    pub prompts: PromptsInUse,
    /// The options, or groups of options, that make a difference to any of this.
    pub options: Vec<String>,
}

/// A slash command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CommandDefinition {
    /// Its name, without the slash.
    pub name: CommandName,
    /// What the host's command list says of it.
    pub description: String,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AgentDefinition {
    /// Its name: its role's, or `role~variant` for a variant of its prompt.
    pub name: String,
    /// The agent whose settings of the person's hold for it.
    pub role: String,
    /// What it does, for the host's lists.
    pub description: String,
    /// Its system prompt.
    pub prompt: String,
    /// What it may do; the last match wins.
    pub rules: Vec<Rule>,
}

/// The agents that do the work, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Explores and writes the specification.
    PlannerSpec,
    /// Explores and writes the architecture.
    PlannerArch,
    /// Explores and writes the test plan and the risks.
    PlannerQa,
    /// Turns the plan into tasks.
    Backlog,
    /// Changes code.
    Implementer,
    /// Changes documentation.
    Documenter,
    /// Judges a diff.
    Reviewer,
    /// Improves the spec of a task that keeps failing.
    Rebase,
    /// Says the same task in fewer words.
    Compressor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::PlannerSpec,
        Self::PlannerArch,
        Self::PlannerQa,
        Self::Backlog,
        Self::Implementer,
        Self::Documenter,
        Self::Reviewer,
        Self::Rebase,
        Self::Compressor,
    ];

    /// The agent's name at the host.
    pub fn agent(self) -> &'static str {
        match self {
            Self::PlannerSpec => "planner-spec",
            Self::PlannerArch => "planner-arch",
            Self::PlannerQa => "planner-qa",
            Self::Backlog => "backlog",
            Self::Implementer => "implementer",
            Self::Documenter => "documenter",
            Self::Reviewer => "reviewer",
            Self::Rebase => "rebase",
            Self::Compressor => "compressor",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::PlannerSpec => "Writes the specification of a feature (used by /plan)",
            Self::PlannerArch => "Writes the design of a feature (used by /plan)",
            Self::PlannerQa => "Writes the test plan and risks of a feature (used by /plan)",
            Self::Backlog => "Cuts a plan into small tasks (used by /plan and /backlog)",
            Self::Implementer => "Implements one task in a worktree (used by /implement)",
            Self::Documenter => "Writes documentation in a worktree (used by /implement)",
            Self::Reviewer => "Judges a diff against its criteria (used by /implement and /review)",
            Self::Rebase => "Improves the spec of a task that keeps failing (used by /implement and /review)",
            Self::Compressor => "Says a task in fewer words when it is too long (used by /implement)",
        }
    }

    /// Our prompt for it, with its variables.
    pub(crate) fn prompt(self) -> &'static str {
        match self {
            Self::PlannerSpec => include_str!("../prompts/planner-spec.md"),
            Self::PlannerArch => include_str!("../prompts/planner-arch.md"),
            Self::PlannerQa => include_str!("../prompts/planner-qa.md"),
            Self::Backlog => include_str!("../prompts/backlog.md"),
            Self::Implementer => include_str!("../prompts/implementer.md"),
            Self::Documenter => include_str!("../prompts/documenter.md"),
            Self::Reviewer => include_str!("../prompts/reviewer.md"),
            Self::Rebase => include_str!("../prompts/rebase.md"),
            Self::Compressor => include_str!("../prompts/compressor.md"),
        }
    }

    /// What a session of this role may do. A blanket deny also takes the tool out of the requests, and
    /// covers what lies outside the session's directory.
    pub fn rules(self) -> Vec<Rule> {
        let nothing = || vec![rule("*", "*", RuleAction::Deny)];
        match self {
            Self::PlannerSpec | Self::PlannerArch | Self::PlannerQa | Self::Backlog => {
                [nothing(), reading()].concat()
            }
            Self::Implementer | Self::Documenter => [nothing(), reading(), editing(), commands()].concat(),
            Self::Reviewer | Self::Rebase | Self::Compressor => nothing(),
        }
    }
}

/// Looking at the project, without what is secret in it.
fn reading() -> Vec<Rule> {
    let tools = ["read", "grep", "glob", "list"].map(|tool| rule(tool, "*", RuleAction::Allow));
    let secrets = ["*.env", "*.env.*", ".git/*"].map(|path| rule("read", path, RuleAction::Deny));
    let sample = rule("read", "*.env.example", RuleAction::Allow);
    [tools.to_vec(), secrets.to_vec(), vec![sample]].concat()
}

/// Tools of the host that a person's rules do not open for our agents: each role has its own rules for
/// those it works with, and the rest would reach beyond its session or wait for an answer nobody gives.
const RESERVED: [&str; 17] = [
    "read",
    "grep",
    "glob",
    "list",
    "edit",
    "write",
    "multiedit",
    "patch",
    "apply_patch",
    "bash",
    "task",
    "question",
    "external_directory",
    "doom_loop",
    "todowrite",
    "plan_enter",
    "plan_exit",
];

/// What the person says of tools beside a role's own, such as those of an MCP server, by names or patterns. A
/// rule that would open a tool of the host's own is left out.
pub fn beside(rules: &[Rule]) -> Vec<Rule> {
    // The host reads `bash *` as `bash` with anything or nothing behind it.
    let opens = |tool: &str, own: &str| fast_glob::glob_match(tool.strip_suffix(" *").unwrap_or(tool), own);
    let is_free = |rule: &&Rule| {
        rule.action == RuleAction::Deny || !RESERVED.iter().any(|own| opens(&rule.permission, own))
    };
    rules.iter().filter(is_free).cloned().collect()
}

/// No edits of what these globs of the host match; they come after a role's own rules.
pub fn no_edits(globs: &[String]) -> Vec<Rule> {
    globs.iter().map(|glob| rule("edit", glob, RuleAction::Deny)).collect()
}

/// Changing the project, without what would run code in the host or in git: such work is not taken.
fn editing() -> Vec<Rule> {
    let configuration = CONFIGURATION
        .iter()
        .flat_map(|path| [(*path).to_owned(), format!("*/{path}")])
        .map(|path| rule("edit", &path, RuleAction::Deny));
    [rule("edit", "*", RuleAction::Allow)].into_iter().chain(configuration).collect()
}

/// Commands of the shell. The host matches a pattern with the whole text of each command in a line, so
/// these also meet `A=1 git push`, `/usr/bin/git push` and `sh -c "git push"`. They do not meet a command
/// that is put together while it runs, as by a variable, a script or another program. The host quotes
/// all of them to the model with every denial, so they are few.
fn commands() -> Vec<Rule> {
    let git = GIT.iter().map(|word| rule("bash", &format!("*git {word}*"), RuleAction::Deny));
    let others = OTHERS.iter().map(|pattern| rule("bash", pattern, RuleAction::Deny));
    let looking = LOOKING.iter().map(|pattern| rule("bash", pattern, RuleAction::Allow));
    [rule("bash", "*", RuleAction::Allow)].into_iter().chain(git).chain(others).chain(looking).collect()
}

/// What may not follow `git`.
const GIT: &[&str] = &[
    // What reaches a remote, or changes which there are.
    "push",
    "fetch",
    "pull",
    "clone",
    "remote",
    "ls-remote",
    "submodule",
    "subtree",
    "send-",
    // What all worktrees have in common, the person's checkout included.
    "config",
    "worktree",
    "stash",
    "update-ref",
    "symbolic-ref",
    "branch -",
    "tag -",
    "gc",
    "prune",
    "reflog",
    "filter-",
    "replace",
    // Git's own options: another directory, which the host's own check does not see, and other names.
    "-",
    // More space, so that the words above are missed.
    " ",
];

/// Other ways to them, and to where packages are published.
const OTHERS: &[&str] = &[
    "*git\t*",
    "*GIT_DIR=*",
    "*GIT_WORK_TREE=*",
    "gh *",
    "* gh *",
    "*/gh *",
    "glab *",
    "* glab *",
    "*/glab *",
    "*npm publish*",
    "*cargo publish*",
];

/// What is allowed all the same, because it only shows something.
const LOOKING: &[&str] =
    &["git --no-pager diff*", "git --no-pager log*", "git --no-pager show*", "git branch --show-current"];

/// Paths that OpenCode or git take their configuration from.
const CONFIGURATION: &[&str] =
    &[".git", ".git/*", ".gitattributes", ".gitmodules", ".opencode/*", "opencode.json", "opencode.jsonc"];

fn rule(permission: &str, pattern: &str, action: RuleAction) -> Rule {
    Rule { permission: permission.to_owned(), pattern: pattern.to_owned(), action }
}

/// What to register, with the prompts of the person's that were found.
pub fn definitions(sources: &PromptSources) -> Definitions {
    let (registered, prompts) = gather(sources);
    // OpenCode's menu shows about 55 characters of a description.
    let command = |name, description: &str| CommandDefinition { name, description: description.to_owned() };
    Definitions {
        commands: vec![
            command(CommandName::Plan, "Plan a feature: a file, a sentence or --templates"),
            command(CommandName::Backlog, "Make the backlog again from PLAN.md, or --check it"),
            command(CommandName::Implement, "Do all tasks, or those named, in parallel worktrees"),
            command(CommandName::Review, "Decide on waiting work, or review your own changes"),
            command(CommandName::Regenerate, "Build a feature again from its spec, and compare"),
            command(CommandName::Progress, "Where every task stands, and why one is blocked"),
            command(CommandName::Metrics, "Success, time, tokens and cost so far"),
            command(CommandName::Spec, "Specs of features: list, show, save, template"),
        ],
        agents: registered
            .into_iter()
            .map(|Registered { agent, role, prompt }| AgentDefinition {
                name: agent,
                role: role.agent().to_owned(),
                description: role.description().to_owned(),
                prompt,
                rules: role.rules(),
            })
            .collect(),
        tools: tools(),
        prompts,
        options: OPTIONS.map(str::to_owned).to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_adds_tools_but_opens_none_that_a_role_is_denied() {
        let tools = ["*", "**", "b**", "bash *", "b?sh", "bash", "edit", "docs_*", "webfetch", "question"];
        let denied = rule("docs_drop", "*", RuleAction::Deny);
        let rules: Vec<Rule> = tools.iter().map(|tool| rule(tool, "*", RuleAction::Allow)).collect();
        let kept: Vec<String> =
            beside(&[rules, vec![denied]].concat()).into_iter().map(|rule| rule.permission).collect();
        assert_eq!(kept, ["docs_*", "webfetch", "docs_drop"]);
    }
}
