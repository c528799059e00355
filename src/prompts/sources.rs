//! From what the host finds to the prompts that it registers. A person's file that cannot be used is a
//! problem; one that is not used is told.

use std::collections::{BTreeMap, BTreeSet};

use super::fill::{Flaw, fill};
use super::{
    DIRECTORY, PROMPT_BYTES_MAX, PromptContent, PromptFile, PromptSources, PromptsInUse, USUAL, Values,
    agent_name, hash,
};
use crate::definitions::Role;
use crate::options::read_options;
use crate::text;

/// An agent's prompt, as it is registered with the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The agent at the host: the role's name, or `role~variant`.
    pub agent: String,
    /// Which agent it is.
    pub role: Role,
    /// Its text, filled.
    pub prompt: String,
}

/// The prompts of all agents, and what is to be said about them. An agent whose file cannot be used is
/// registered with our prompt, and the problem keeps every command from asking it.
pub fn gather(sources: &PromptSources) -> (Vec<Registered>, PromptsInUse) {
    // Wrong options are told by the command, which then asks nobody.
    let options = read_options(&sources.options)
        .or_else(|_| read_options(&serde_json::Value::Null))
        .expect("the defaults are valid options");
    let values = Values::of(&options);
    let mut files: BTreeMap<&str, &PromptFile> =
        sources.files.iter().map(|file| (file.name.as_str(), file)).collect();
    let mut registered = Vec::new();
    let mut found = PromptsInUse::default();
    for role in Role::ALL {
        let none = BTreeMap::new();
        let variants = options.prompts.get(role.agent()).unwrap_or(&none);
        if let Some(own) = sources.own.get(role.agent()) {
            found.hashes.insert(role.agent().to_owned(), hash(own));
            registered.push(Registered { agent: role.agent().to_owned(), role, prompt: own.clone() });
            set_aside(role, &mut files, !variants.is_empty(), &mut found.notes);
            continue;
        }
        let names = variants.keys().map(String::as_str).filter(|name| *name != USUAL);
        for variant in [USUAL].into_iter().chain(names) {
            let file = files.remove(file_name(role, variant).as_str());
            let prompt = match file {
                Some(file) => read(file, role, &values),
                None if variant == USUAL => Ok(ours(role, &values)),
                None => Err(vec![format!(
                    "options.prompts.{}.variants.{variant}: there is no {}",
                    role.agent(),
                    path(&file_name(role, variant))
                )]),
            };
            let prompt = prompt.unwrap_or_else(|problems| {
                found.problems.extend(problems);
                ours(role, &values)
            });
            let agent = agent_name(role, variant);
            found.hashes.insert(agent.clone(), hash(&prompt));
            registered.push(Registered { agent, role, prompt });
        }
    }
    found.notes.extend(files.into_keys().map(unused));
    let found = match &sources.registered {
        Some(earlier) => still_registered(earlier, found),
        None => found,
    };
    (registered, found)
}

/// What was registered stays at work, and what has changed in the files since then is told.
fn still_registered(earlier: &PromptsInUse, now: PromptsInUse) -> PromptsInUse {
    let agents: BTreeSet<&String> = earlier.hashes.keys().chain(now.hashes.keys()).collect();
    let is_changed = |agent: &&&String| earlier.hashes.get(**agent) != now.hashes.get(**agent);
    let changed: Vec<String> = agents.iter().filter(is_changed).map(|agent| (*agent).clone()).collect();
    let mut notes = now.notes;
    if !changed.is_empty() || earlier.problems != now.problems {
        let whose = if changed.is_empty() { String::new() } else { format!(" of {}", text::list(&changed)) };
        notes.push(format!(
            "the prompts{whose} in {DIRECTORY} changed since OpenCode started: restart it to have them"
        ));
    }
    PromptsInUse { notes, ..earlier.clone() }
}

/// Our own prompt. That it fills is tested for every agent.
fn ours(role: Role, values: &Values) -> String {
    let filled = fill(role.prompt(), role, values).expect("our own prompts are tested");
    filled.trim().to_owned()
}

fn file_name(role: Role, variant: &str) -> String {
    match variant {
        USUAL => format!("{}.md", role.agent()),
        variant => format!("{}.{variant}.md", role.agent()),
    }
}

fn path(name: &str) -> String {
    format!("{DIRECTORY}/{name}")
}

/// A person's prompt, filled.
fn read(file: &PromptFile, role: Role, values: &Values) -> Result<String, Vec<String>> {
    let path = path(&file.name);
    let told = |line: usize, what: String| format!("{path}:{line}: {what}");
    let text = match &file.content {
        PromptContent::Text { text } => text.trim_start_matches('\u{feff}'),
        PromptContent::Unreadable { reason } => return Err(vec![format!("{path}: {reason}")]),
    };
    if text.trim().is_empty() {
        let what = "it is empty. Write a prompt into it, or delete it to have ours";
        return Err(vec![told(1, what.to_owned())]);
    }
    let mut problems = Vec::new();
    if text.len() > PROMPT_BYTES_MAX {
        let (is, may) = (text::bytes(text.len() as u64), text::bytes(PROMPT_BYTES_MAX as u64));
        let line = 1 + text.as_bytes()[..PROMPT_BYTES_MAX].iter().filter(|byte| **byte == b'\n').count();
        problems.push(told(line, format!("it has {is}, and a prompt may have {may}: cut what follows here")));
    }
    match fill(text, role, values) {
        Ok(filled) if problems.is_empty() => return Ok(filled.trim().to_owned()),
        Ok(_) => {}
        Err(flaws) => {
            problems.extend(flaws.into_iter().map(|Flaw { line, what }| told(line, what)));
        }
    }
    Err(problems)
}

/// The host's configuration wins over files and variants, which is told.
fn set_aside(
    role: Role,
    files: &mut BTreeMap<&str, &PromptFile>,
    has_variants: bool,
    notes: &mut Vec<String>,
) {
    let agent = role.agent();
    let reason = format!("agent.{agent}.prompt is set in OpenCode's configuration, which wins");
    let names: Vec<&str> = files
        .keys()
        .copied()
        .filter(|name| {
            let rest = name.strip_prefix(agent).and_then(|rest| rest.strip_suffix(".md"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        .collect();
    for name in names {
        files.remove(name);
        notes.push(format!("{} is not used: {reason}", path(name)));
    }
    if has_variants {
        notes.push(format!("options.prompts.{agent}.variants has no effect: {reason}"));
    }
}

/// Why nobody uses a file.
fn unused(name: &str) -> String {
    let told = |why: String| format!("{} is not used: {why}", path(name));
    let Some(stem) = name.strip_suffix(".md") else {
        return told("prompts are files named <agent>.md".to_owned());
    };
    let (agent, variant) = stem.split_once('.').unwrap_or((stem, ""));
    let agents = Role::ALL.map(Role::agent);
    if agents.contains(&agent) {
        return told(format!("options.prompts.{agent}.variants does not name `{variant}`"));
    }
    let perhaps = match text::nearest(agent, agents) {
        Some(agent) => format!("perhaps you mean {agent}.md"),
        None => format!("the agents are {}", text::list(&agents.map(str::to_owned))),
    };
    told(format!("there is no agent `{agent}`; {perhaps}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::OPTIONS;
    use super::*;

    fn file(name: &str, text: &str) -> PromptFile {
        PromptFile { name: name.to_owned(), content: PromptContent::Text { text: text.to_owned() } }
    }

    fn sources(files: Vec<PromptFile>, options: serde_json::Value) -> PromptSources {
        PromptSources { options, files, ..PromptSources::default() }
    }

    fn prompt<'a>(registered: &'a [Registered], agent: &str) -> &'a str {
        &registered.iter().find(|one| one.agent == agent).unwrap().prompt
    }

    #[test]
    fn without_files_all_is_ours_and_has_a_hash() {
        let (registered, found) = gather(&PromptSources::default());
        let agents: Vec<&str> = registered.iter().map(|one| one.agent.as_str()).collect();
        assert_eq!(agents, Role::ALL.map(Role::agent));
        assert_eq!((found.problems.len(), found.notes.len()), (0, 0));
        for one in &registered {
            assert_eq!(found.hashes[&one.agent], hash(&one.prompt));
            assert!(!one.prompt.contains("{{") && one.prompt.len() < 1_800, "{}", one.agent);
        }
        assert_eq!(hash(""), "e3b0c44298fc1c14");
    }

    #[test]
    fn other_options_make_no_difference() {
        let other = json!({
            "models": { "planning": "acme/small", "review": "acme/large" },
            "maxWorkers": 1,
            "maxRetries": 2,
            "taskTimeoutMs": 60_000,
            "planningTimeoutMs": 60_000,
            "specsDir": "docs/specs",
            "worktreesDir": "/tmp/trees",
            "worktree": { "link": [], "setup": "make" },
            "gates": { "test": "make test", "lint": false },
            "review": "off",
            "land": "never",
            "rebase": { "enabled": false },
            "budget": { "runUsd": 1 },
        });
        read_options(&other).unwrap();
        let usual = gather(&PromptSources::default());
        assert_eq!(gather(&sources(vec![], other.clone())), usual);
        assert_eq!(gather(&sources(vec![], json!({ "maxWorkers": "many", "unknown": 1 }))), usual);
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../schema/options.schema.json")).unwrap();
        let all = schema["properties"].as_object().unwrap().keys().filter(|name| *name != "$schema");
        let known: Vec<&str> = all.map(String::as_str).filter(|name| other.get(name).is_none()).collect();
        assert_eq!(BTreeSet::from_iter(known), BTreeSet::from(OPTIONS), "where does a new option belong?");
    }

    #[test]
    fn a_file_takes_the_place_of_ours_with_its_variables_filled() {
        let files = vec![file("planner-qa.md", "\u{feff}Plan tests, not {{OUTPUT_DIR}}/.\n\n")];
        let (registered, found) = gather(&sources(files, json!({ "outputDir": "docs/plans/" })));
        assert_eq!(prompt(&registered, "planner-qa"), "Plan tests, not docs/plans/.");
        assert_eq!(found.problems, [""; 0]);
        let ours = gather(&PromptSources::default()).1;
        assert_ne!(found.hashes["planner-qa"], ours.hashes["planner-qa"]);
        assert_eq!(found.hashes["reviewer"], ours.hashes["reviewer"]);
    }

    #[test]
    fn what_cannot_be_used_is_a_problem_with_its_place() {
        let long = format!("{}\n{}", "a".repeat(19_000), "b".repeat(2_000));
        let unreadable = PromptContent::Unreadable { reason: "it is not UTF-8".to_owned() };
        let files = vec![
            file("reviewer.md", "One\n{{TASK}}\n{{OTHER}}"),
            file("rebase.md", " \n"),
            file("backlog.md", &long),
            PromptFile { name: "implementer.md".to_owned(), content: unreadable },
        ];
        let options = json!({ "prompts": { "documenter": { "variants": { "default": 1, "b": 1 } } } });
        let (registered, found) = gather(&sources(files, options));
        insta::assert_snapshot!(found.problems.join("\n"), @r"
        .opencode/multi-agent-coder/prompts/backlog.md:2: it has 21 KB, and a prompt may have 20 KB: cut what follows here
        .opencode/multi-agent-coder/prompts/implementer.md: it is not UTF-8
        options.prompts.documenter.variants.b: there is no .opencode/multi-agent-coder/prompts/documenter.b.md
        .opencode/multi-agent-coder/prompts/reviewer.md:2: unknown variable `{{TASK}}`: the prompt of reviewer has no variables.
        .opencode/multi-agent-coder/prompts/reviewer.md:3: unknown variable `{{OTHER}}`: the prompt of reviewer has no variables.
        .opencode/multi-agent-coder/prompts/rebase.md:1: it is empty. Write a prompt into it, or delete it to have ours
        ");
        let ours = gather(&PromptSources::default()).0;
        assert_eq!(prompt(&registered, "reviewer"), prompt(&ours, "reviewer"));
    }

    #[test]
    fn what_is_not_used_is_told() {
        let files = vec![
            file("implmenter.md", "x"),
            file("README.md", "x"),
            file("reviewer.txt", "x"),
            file("rebase.strict.md", "x"),
            file("documenter.md", "x"),
            file("documenter.b.md", "x"),
        ];
        let options = json!({ "prompts": { "documenter": { "variants": { "default": 1, "b": 1 } } } });
        let own = BTreeMap::from([("documenter".to_owned(), "mine".to_owned())]);
        let (registered, found) = gather(&PromptSources { own, ..sources(files, options) });
        insta::assert_snapshot!(found.notes.join("\n"), @r"
        .opencode/multi-agent-coder/prompts/documenter.b.md is not used: agent.documenter.prompt is set in OpenCode's configuration, which wins
        .opencode/multi-agent-coder/prompts/documenter.md is not used: agent.documenter.prompt is set in OpenCode's configuration, which wins
        options.prompts.documenter.variants has no effect: agent.documenter.prompt is set in OpenCode's configuration, which wins
        .opencode/multi-agent-coder/prompts/README.md is not used: there is no agent `README`; the agents are planner-spec, planner-arch, planner-qa, backlog, implementer, documenter, reviewer, rebase and compressor
        .opencode/multi-agent-coder/prompts/implmenter.md is not used: there is no agent `implmenter`; perhaps you mean implementer.md
        .opencode/multi-agent-coder/prompts/rebase.strict.md is not used: options.prompts.rebase.variants does not name `strict`
        .opencode/multi-agent-coder/prompts/reviewer.txt is not used: prompts are files named <agent>.md
        ");
        assert_eq!(found.problems, [""; 0]);
        assert_eq!(prompt(&registered, "documenter"), "mine");
        assert_eq!(found.hashes["documenter"], hash("mine"));
        assert!(!found.hashes.contains_key("documenter~b"));
    }

    #[test]
    fn a_file_that_changes_later_is_told_and_not_used() {
        let before = gather(&PromptSources::default()).1;
        let files = vec![file("reviewer.md", "Mine.")];
        let later =
            PromptSources { registered: Some(before.clone()), ..sources(files, serde_json::Value::Null) };
        let (_, found) = gather(&later);
        assert_eq!(found.hashes, before.hashes);
        assert_eq!(
            found.notes,
            ["the prompts of reviewer in .opencode/multi-agent-coder/prompts changed since OpenCode \
             started: restart it to have them"]
        );
        let same = PromptSources { registered: Some(before.clone()), ..PromptSources::default() };
        assert_eq!(gather(&same).1, before);
    }

    #[test]
    fn a_problem_stays_until_the_restart() {
        let broken = gather(&sources(vec![file("reviewer.md", "{{X}}")], serde_json::Value::Null)).1;
        let later = PromptSources { registered: Some(broken.clone()), ..PromptSources::default() };
        let (_, found) = gather(&later);
        assert_eq!(found.problems, broken.problems);
        assert_eq!(found.notes.len(), 1);
    }

    #[test]
    fn each_variant_is_an_agent_of_its_own() {
        let files = vec![file("implementer.short.md", "Be short.")];
        let options = json!({ "prompts": { "implementer": { "variants": { "default": 1, "short": 2 } } } });
        let (registered, found) = gather(&sources(files, options));
        assert_eq!(prompt(&registered, "implementer~short"), "Be short.");
        assert_eq!(found.hashes["implementer~short"], hash("Be short."));
        assert!(found.problems.is_empty() && found.notes.is_empty(), "{found:?}");
    }
}
