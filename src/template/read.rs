//! From YAML to a template. Every problem is told with its line.

use super::phrase::{Phrase, is_variable};
use super::{Template, Variable, is_name};
use crate::backlog::fields::Reader;
use crate::backlog::problem::{Finding, Problem, cut, hint, shown};
use crate::backlog::tree::{Entry, Node, Value, read_tree};
use crate::backlog::{CONSTRAINTS, DONT_TOUCH};

const KEYS: [&str; 7] = ["name", "description", "title", "variables", CONSTRAINTS, DONT_TOUCH, "tasks"];
/// The keys that are filled in and become the backlog.
const SKELETON: [&str; 3] = [CONSTRAINTS, DONT_TOUCH, "tasks"];
const VARIABLE_KEYS: [&str; 4] = ["description", "required", "default", "pattern"];

/// Reads a template; the error lists everything that is wrong with it, by line.
pub fn parse(text: &str) -> Result<Template, Vec<Problem>> {
    let root = read_tree(text).map_err(|problems| with_hint(text, problems))?;
    let mut reader = Reader::default();
    let head = reader.fields(&root, None, "", &KEYS);
    let name = reader.required(head, "name");
    let description = reader.required(head, "description");
    let title = reader.required(head, "title");
    if !name.is_empty() && !is_name(&name) {
        let message = format!("{} is no name: use small letters, digits and -", shown(&name));
        reader.note(head, "name", message);
    }
    if head.get("tasks").is_none() {
        reader.note(head, "tasks", "there are no tasks: write at least one".into());
    }
    let mut findings = reader.findings;
    let variables = variables(&root, &mut findings);
    let template =
        Template { name, description, title: Phrase::parse(&title), variables, skeleton: skeleton(&root) };
    check_names(&template, &root, &mut findings);
    check_cycles(&template, &mut findings);
    if findings.is_empty() {
        return Ok(template);
    }
    let told = |finding: Finding| Problem {
        task: None,
        line: finding.line.or_else(|| Some(root.line_at(&finding.field))),
        field: Some(finding.field).filter(|field| !field.is_empty()),
        message: finding.message,
    };
    let mut problems: Vec<Problem> = findings.into_iter().map(told).collect();
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// A text that begins with `{{` and has no quotes is a map to YAML.
fn with_hint(text: &str, mut problems: Vec<Problem>) -> Vec<Problem> {
    for problem in &mut problems {
        let line = problem.line.and_then(|line| text.lines().nth(line as usize - 1)).unwrap_or_default();
        if [": {{", "- {{"].iter().any(|start| line.contains(start)) {
            problem.message.push_str("; put a text that begins with {{ in quotes");
        }
    }
    problems
}

fn variables(root: &Node, findings: &mut Vec<Finding>) -> Vec<Variable> {
    let Some(entry) = root.entry("variables") else { return Vec::new() };
    match &entry.node.value {
        Value::Null => Vec::new(),
        Value::Map(entries) => entries.iter().map(|entry| variable(entry, findings)).collect(),
        Value::Text(_) | Value::List(_) => {
            let message = "must be a map: begin each variable with its name and a colon".to_owned();
            findings.push(Finding { task: None, field: "variables".into(), line: None, message });
            Vec::new()
        }
    }
}

fn variable(entry: &Entry, findings: &mut Vec<Finding>) -> Variable {
    let mut reader = Reader::default();
    let fields = reader.fields(&entry.node, None, "", &VARIABLE_KEYS);
    if !is_variable(&entry.key) {
        let message = format!("{} is no name: use capital letters, digits and _", shown(&entry.key));
        reader.note(fields, "", message);
    }
    let description = reader.required(fields, "description");
    let default = reader.text(fields, "default").map(|text| Phrase::parse(&text));
    let is_required = reader.word(fields, "required", &[true, false], |is| if is { "true" } else { "false" });
    match (is_required, &default) {
        (Some(true), Some(_)) => {
            reader.note(fields, "default", "what is required needs no default: remove one of them".into());
        }
        (Some(false), None) => {
            reader.note(fields, "required", "what is not required needs a default: write one".into());
        }
        _ => {}
    }
    let pattern = reader.text(fields, "pattern");
    if let Some(Err(error)) = pattern.as_deref().map(whole) {
        reader.note(fields, "pattern", format!("this is no regular expression: {error}"));
    }
    findings.extend(reader.findings.into_iter().map(|finding| {
        let line = finding.line.unwrap_or_else(|| match finding.field.as_str() {
            "" => entry.line,
            field => entry.node.entry(field).map_or(entry.line, |field| field.line),
        });
        let field = format!("variables.{}.{}", cut(&entry.key), finding.field);
        Finding { field: field.trim_end_matches('.').to_owned(), line: Some(line), ..finding }
    }));
    Variable { name: entry.key.clone(), description, default, pattern }
}

/// A pattern that all of a value has to match.
pub(super) fn whole(pattern: &str) -> Result<regex_lite::Regex, regex_lite::Error> {
    regex_lite::Regex::new(&format!("^(?:{pattern})$"))
}

fn skeleton(root: &Node) -> Node {
    let value = match &root.value {
        Value::Map(entries) => {
            let own = entries.iter().filter(|entry| SKELETON.contains(&entry.key.as_str()));
            Value::Map(own.cloned().collect())
        }
        _ => Value::Null,
    };
    Node { line: root.line, value }
}

/// Every variable that is used is declared, and the other way round.
fn check_names(template: &Template, root: &Node, findings: &mut Vec<Finding>) {
    let names = template.variables.iter().map(|variable| variable.name.as_str());
    let known: Vec<&str> = names.filter(|name| is_variable(name)).collect();
    let mut uses: Vec<(u32, String)> = Vec::new();
    uses.extend(template.title.variables().map(|name| (root.line_at("title"), name.to_owned())));
    for variable in &template.variables {
        let line = root.line_at(&format!("variables.{}.default", variable.name));
        let names = variable.default.iter().flat_map(Phrase::variables);
        uses.extend(names.map(|name| (line, name.to_owned())));
    }
    collect_uses(&template.skeleton, &mut uses, findings);
    for (line, name) in &uses {
        if !known.contains(&name.as_str()) {
            let hint = match hint(name, &known) {
                none if none.is_empty() => "; declare it under variables".to_owned(),
                near => near,
            };
            let message =
                format!("there is no variable {name}{hint} (\\{{{{{name}}}}} stands for the text itself)");
            findings.push(Finding { task: None, field: String::new(), line: Some(*line), message });
        }
    }
    for name in known {
        if !uses.iter().any(|(_, used)| used == name) {
            let message = "it is used nowhere: use it or remove it".to_owned();
            findings.push(Finding {
                task: None,
                field: format!("variables.{}", cut(name)),
                line: None,
                message,
            });
        }
    }
}

fn collect_uses(node: &Node, uses: &mut Vec<(u32, String)>, findings: &mut Vec<Finding>) {
    match &node.value {
        Value::Null => {}
        Value::Text(text) => {
            uses.extend(Phrase::parse(text).variables().map(|name| (node.line, name.to_owned())));
        }
        Value::List(items) => items.iter().for_each(|item| collect_uses(item, uses, findings)),
        Value::Map(entries) => {
            for entry in entries {
                if Phrase::parse(&entry.key).variables().next().is_some() {
                    let message = format!("the key {} holds a variable: only texts may", shown(&entry.key));
                    findings.push(Finding {
                        task: None,
                        field: String::new(),
                        line: Some(entry.line),
                        message,
                    });
                }
                collect_uses(&entry.node, uses, findings);
            }
        }
    }
}

/// Defaults may refer to other variables, and no default to itself through them.
fn check_cycles(template: &Template, findings: &mut Vec<Finding>) {
    let position = |name: &str| template.variables.iter().position(|variable| variable.name == name);
    let edges: Vec<Vec<usize>> = template
        .variables
        .iter()
        .map(|variable| variable.default.iter().flat_map(Phrase::variables).filter_map(position).collect())
        .collect();
    // 0: not looked at, 1: on the way, 2: leads into no cycle.
    let mut marks = vec![0_u8; edges.len()];
    for start in 0..edges.len() {
        let mut way: Vec<(usize, usize)> = if marks[start] == 0 { vec![(start, 0)] } else { Vec::new() };
        while let Some((at, next)) = way.last().copied() {
            marks[at] = 1;
            let Some(&to) = edges[at].get(next) else {
                marks[at] = 2;
                way.pop();
                continue;
            };
            if let Some(last) = way.last_mut() {
                last.1 += 1;
            }
            match marks[to] {
                0 => way.push((to, 0)),
                1 => {
                    let from = way.iter().position(|(on, _)| *on == to).unwrap_or_default();
                    let names = way[from..].iter().map(|(on, _)| *on).chain([to]);
                    let path: Vec<String> = names.map(|index| cut(&template.variables[index].name)).collect();
                    let message = format!(
                        "the defaults need each other: {}; give one of them another",
                        path.join(" -> ")
                    );
                    let field = format!("variables.{}.default", cut(&template.variables[to].name));
                    findings.push(Finding { task: None, field, line: None, message });
                }
                _ => {}
            }
        }
    }
}
