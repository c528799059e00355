//! Variables of prompts, `{{NAME}}`: each agent knows those that mean something to it.

use crate::definitions::Role;
use crate::options::Options;
use crate::text;

/// What a prompt can have filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `{{OUTPUT_DIR}}`: where documents for people go, relative to the repository.
    OutputDir,
    /// `{{CONTEXT_MAX_BYTES}}`: how much a worker may be sent.
    ContextMaxBytes,
}

impl Variable {
    const ALL: [Self; 2] = [Self::OutputDir, Self::ContextMaxBytes];

    fn name(self) -> &'static str {
        match self {
            Self::OutputDir => "OUTPUT_DIR",
            Self::ContextMaxBytes => "CONTEXT_MAX_BYTES",
        }
    }

    /// Those that an agent's prompt may hold.
    pub fn of(role: Role) -> &'static [Self] {
        match role {
            Role::PlannerSpec | Role::PlannerArch | Role::PlannerQa => &[Self::OutputDir],
            Role::Backlog => &[Self::OutputDir, Self::ContextMaxBytes],
            Role::Implementer | Role::Documenter | Role::Reviewer | Role::Rebase | Role::Compressor => &[],
        }
    }
}

/// What the variables stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    output_dir: String,
    context_max_bytes: usize,
}

impl Values {
    /// From a person's options.
    pub fn of(options: &Options) -> Self {
        Self {
            output_dir: options.output_dir.trim_end_matches('/').to_owned(),
            context_max_bytes: options.context.max_bytes,
        }
    }

    fn value(&self, variable: Variable) -> String {
        match variable {
            Variable::OutputDir => self.output_dir.clone(),
            Variable::ContextMaxBytes => text::number(self.context_max_bytes as u64),
        }
    }
}

/// Something wrong with a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// A template with its variables filled in, each once: what is filled in is not looked at again. Braces
/// around anything but capitals, digits and `_` are text.
///
/// # Errors
/// Every variable that the agent does not know, or that is not closed.
pub fn fill(template: &str, role: Role, values: &Values) -> Result<String, Vec<Flaw>> {
    let mut filled = String::new();
    let mut flaws = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        let line = 1 + template[..template.len() - rest.len() + at].matches('\n').count();
        filled.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let name = &inside[..inside.find(|c: char| !is_of_name(c)).unwrap_or(inside.len())];
        let is_closed = inside[name.len()..].starts_with("}}");
        let known = Variable::of(role).iter().find(|variable| variable.name() == name);
        match known {
            _ if !name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                filled.push_str("{{");
                rest = inside;
                continue;
            }
            Some(variable) if is_closed => filled.push_str(&values.value(*variable)),
            _ if !is_closed => {
                let what = format!("`{{{{{name}` is not closed: a variable is written `{{{{NAME}}}}`");
                flaws.push(Flaw { line, what });
            }
            _ => flaws.push(Flaw { line, what: unknown(name, role) }),
        }
        rest = inside[name.len()..].strip_prefix("}}").unwrap_or(&inside[name.len()..]);
    }
    filled.push_str(rest);
    if flaws.is_empty() { Ok(filled) } else { Err(flaws) }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

fn unknown(name: &str, role: Role) -> String {
    let agent = role.agent();
    let known: Vec<String> =
        Variable::of(role).iter().map(|variable| format!("`{{{{{}}}}}`", variable.name())).collect();
    let elsewhere = Variable::ALL.iter().any(|variable| variable.name() == name);
    let known = match known.as_slice() {
        [] => format!("the prompt of {agent} has no variables"),
        known => format!("the prompt of {agent} knows {}", text::list(known)),
    };
    let of_others = if elsewhere { " That one belongs to other agents." } else { "" };
    format!("unknown variable `{{{{{name}}}}}`: {known}.{of_others}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> Values {
        Values { output_dir: "docs/{{CONTEXT_MAX_BYTES}}".to_owned(), context_max_bytes: 3000 }
    }

    fn flaws(template: &str, role: Role) -> Vec<(usize, String)> {
        let flaws = fill(template, role, &values()).unwrap_err();
        flaws.into_iter().map(|flaw| (flaw.line, flaw.what)).collect()
    }

    #[test]
    fn every_prompt_of_ours_fills_and_uses_each_variable_of_its_agent() {
        for role in Role::ALL {
            let filled = fill(role.prompt(), role, &values());
            assert!(filled.is_ok(), "{}: {filled:?}", role.agent());
            for variable in Variable::of(role) {
                let written = format!("{{{{{}}}}}", variable.name());
                assert!(role.prompt().contains(&written), "{} never uses {written}", role.agent());
            }
        }
    }

    #[test]
    fn values_are_put_in_once() {
        let filled = fill("{{CONTEXT_MAX_BYTES}} in {{OUTPUT_DIR}}/", Role::Backlog, &values()).unwrap();
        assert_eq!(filled, "3,000 in docs/{{CONTEXT_MAX_BYTES}}/");
    }

    #[test]
    fn other_braces_are_text() {
        for text in ["{{ user.name }}", "{{user}}", "{{}}", "{{{", "a {{", "{{1}}"] {
            assert_eq!(fill(text, Role::Reviewer, &values()).unwrap(), text);
        }
        assert_eq!(fill("{{{OUTPUT_DIR}}}", Role::Backlog, &values()).unwrap(), "{{{OUTPUT_DIR}}}");
    }

    #[test]
    fn what_is_unknown_or_open_is_told_with_its_line() {
        assert_eq!(
            flaws("a\n{{TASK}} b\n\n{{OUTPUT_DIR} c", Role::Backlog),
            [
                (
                    2,
                    "unknown variable `{{TASK}}`: the prompt of backlog knows `{{OUTPUT_DIR}}` and \
                     `{{CONTEXT_MAX_BYTES}}`."
                        .to_owned()
                ),
                (4, "`{{OUTPUT_DIR` is not closed: a variable is written `{{NAME}}`".to_owned()),
            ]
        );
        assert_eq!(
            flaws("{{OUTPUT_DIR}}", Role::Reviewer)[0].1,
            "unknown variable `{{OUTPUT_DIR}}`: the prompt of reviewer has no variables. That one belongs to \
             other agents."
        );
    }

    proptest! {
        #[test]
        fn any_text_is_filled_or_its_flaws_have_lines_of_it(text in "([{}A-Z_a\n é]|\\{\\{OUTPUT_DIR\\}\\}){0,40}") {
            let lines = text.matches('\n').count() + 1;
            match fill(&text, Role::Backlog, &values()) {
                Ok(filled) => prop_assert!(filled == text || text.contains("{{OUTPUT_DIR}}")),
                Err(flaws) => prop_assert!(flaws.iter().all(|flaw| (1..=lines).contains(&flaw.line))),
            }
        }
    }
}
