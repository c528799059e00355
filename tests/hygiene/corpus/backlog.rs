//! Tasks of a made-up backlog and the clean context of one of them.

use super::grammar::expand;
use super::pools::{Domain, Pools};
use super::random::Random;
use super::{Case, Foreign, Origin, Part, unmark};

const CONSTRAINTS: &[&str] = &[
    "No new dependency",
    "Public functions keep their signatures and their error types as they are today",
    "Everything that talks to the network has a time limit and can be cancelled",
    "Messages for people are translated, log lines are not",
    "The module stays below 300 lines and has no state of its own",
];
pub const LIBRARIES: &[&str] =
    &["lodash", "RxJS", "SQLite", "Redis", "Kafka", "zod", "Boost", "Hibernate", "pandas", "protobuf"];
pub const WORDS: &[&str] =
    &["cart", "meter", "bucket", "parser", "window", "router", "ledger", "queue", "badge", "index"];

/// A context in pieces, before something is put in.
pub struct Draft {
    pub part: Part,
    pub domain: usize,
    pub own: String,
    pub dependencies: Vec<String>,
    pub ids: Vec<String>,
    pub title: String,
    pub description: String,
    /// Headings with their items.
    pub lists: Vec<(&'static str, Vec<String>)>,
    pub foreign: Vec<Foreign>,
    pub fields: String,
    pub given: String,
}

/// What a template's names stand for in a case.
pub fn word(domain: &Domain, own: &str, dependency: &str, random: &mut Random, name: &str) -> Option<String> {
    let one = |random: &mut Random, of: &[&str]| Some((*random.pick(of)).to_owned());
    match name {
        "thing" | "role" | "file" => one(random, &domain.choices(name)),
        "lib" => one(random, LIBRARIES),
        "w" | "pkg" => one(random, WORDS),
        "N" => Some(random.whole(2, 60).to_string()),
        "D" => Some(random.whole(1, 9).to_string()),
        "OWN" => Some(own.to_owned()),
        "DEP" => Some(dependency.to_owned()),
        _ => None,
    }
}

/// A task of a backlog in a random domain, with everything around it. Fewer traps when something will
/// be put in.
pub fn draft(pools: &Pools, random: &mut Random, is_dirty: bool) -> Draft {
    let domain_at = random.below(pools.domains.len());
    let domain = &pools.domains[domain_at];
    let ids = ids(domain, random);
    let at = random.below(ids.len());
    let dependencies: Vec<String> = match at {
        0 => Vec::new(),
        at => random.some(&ids[..at], 2).into_iter().cloned().collect(),
    };
    let dependency = dependencies.first().unwrap_or(&ids[at]).clone();
    let own = ids[at].clone();
    let say = |random: &mut Random, template: &str| {
        expand(template, random, &|random, name| word(domain, &own, &dependency, random, name))
    };
    let lines = |random: &mut Random, section: &str, n: usize| -> Vec<String> {
        let of = domain.choices(section);
        let chosen: Vec<&str> = random.some(&of, n).into_iter().copied().collect();
        chosen.into_iter().map(|line| say(random, line)).collect()
    };

    let titles = domain.choices("title");
    let title = say(random, random_of(&titles, at));
    let sentences = random.whole(1, 2);
    let description = lines(random, "description", sentences).join(" ");
    let criteria = random.whole(3, 5);
    let mut acceptance = lines(random, "acceptance", criteria);
    let gotcha_count = random.below(3);
    let mut gotchas = lines(random, "gotcha", gotcha_count);
    let constraint_count = random.whole(1, 3);
    let constraints: Vec<String> =
        random.some(CONSTRAINTS, constraint_count).into_iter().map(|line| (*line).to_owned()).collect();
    let files = lines(random, "file", 2);
    let pattern = say(random, "Shape of the $w in $file:1$D-4$D");
    let mut paragraphs = vec![description];

    let trap_count = if is_dirty { random.below(3) } else { random.whole(2, 5) };
    for section in random.some(&pools.traps, trap_count) {
        match section.name {
            "fences" => paragraphs.push(say_fence(&section.lines, random, &say)),
            _ => {
                let template = *random.pick(&section.lines);
                let line = say(random, template).trim_start_matches("- ").to_owned();
                match random.below(4) {
                    0 => paragraphs.push(line),
                    1 => gotchas.push(line),
                    _ => acceptance.push(line),
                }
            }
        }
    }
    let evidence: Vec<String> = match random.percent(25) {
        true => vec![say(random, "Don't break \"keeps order\": $N !== $D (test, $file:$N)")],
        false => Vec::new(),
    };

    let foreign = surroundings(pools, random, domain, &ids, at, &dependencies, &acceptance);
    let given = [constraints.join("\n"), evidence.join("\n"), acceptance.join("\n")].join("\n");
    let lists = vec![
        ("Acceptance criteria", acceptance),
        ("Constraints", constraints),
        ("Files", files),
        ("Learned from failed attempts", evidence),
        ("Patterns to follow", vec![pattern]),
        ("Gotchas", gotchas),
    ];
    let description = paragraphs.join("\n\n");
    let mut draft = Draft {
        part: pools.part,
        domain: domain_at,
        own,
        dependencies,
        ids,
        title,
        description,
        lists,
        foreign,
        fields: String::new(),
        given,
    };
    draft.fields = draft.render();
    draft
}

fn random_of<'a>(of: &[&'a str], at: usize) -> &'a str {
    of[at % of.len()]
}

/// One of the fenced blocks in a section's lines.
fn say_fence(lines: &[&str], random: &mut Random, say: &dyn Fn(&mut Random, &str) -> String) -> String {
    let text = lines.join("\n");
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some(end) = rest.get(3..).and_then(|inside| inside.find("\n```")) {
        blocks.push(&rest[..end + 7]);
        rest = rest[end + 7..].trim_start();
    }
    let block = *random.pick(&blocks);
    say(random, block)
}

/// `T01` and so on, or the domain's name with a number; some backlogs have ids that are plain words.
fn ids(domain: &Domain, random: &mut Random) -> Vec<String> {
    let count = random.whole(5, 11);
    let style = random.below(4);
    let mut ids: Vec<String> = (1..=count)
        .map(|n| match style {
            0 => format!("{}-{n}", domain.name),
            _ => format!("T{n:02}"),
        })
        .collect();
    if style == 1 {
        ids.extend(["setup".to_owned(), "api".to_owned()]);
    }
    ids
}

/// What else there is when the context is made: other tasks, planners, attempts and what tools said.
fn surroundings(
    pools: &Pools,
    random: &mut Random,
    domain: &Domain,
    ids: &[String],
    at: usize,
    dependencies: &[String],
    acceptance: &[String],
) -> Vec<Foreign> {
    let mut foreign = Vec::new();
    for (other, id) in ids.iter().enumerate() {
        if other == at || dependencies.contains(id) {
            continue;
        }
        let mut say =
            |template: &str| expand(template, random, &|random, name| word(domain, id, id, random, name));
        let titles = domain.choices("title");
        let mut text = format!("{}\n", say(random_of(&titles, other)));
        for template in domain.choices("description").into_iter().chain(domain.choices("acceptance")) {
            if (other + text.len()) % 3 != 0 {
                text.push_str(&format!("{}\n", say(template)));
            }
        }
        text.push_str("No new dependency\n");
        foreign.push(Foreign { kind: "task".to_owned(), name: id.clone(), text });
    }
    // The plan says what the task says, and more.
    let plan = format!("{}\n{}", acceptance.join("\n"), talk(pools, random, domain, 8));
    foreign.push(Foreign { kind: "planner".to_owned(), name: "SPEC.md".to_owned(), text: plan });
    let attempt = talk(pools, random, domain, 4);
    foreign.push(Foreign { kind: "attempt".to_owned(), name: "attempt 1".to_owned(), text: attempt });
    foreign
}

/// Sentences of agents, on lines of their own.
pub fn talk(pools: &Pools, random: &mut Random, domain: &Domain, sentences: usize) -> String {
    let family = random.pick(&pools.talk);
    let chosen: Vec<&str> = random.some(&family.lines, sentences).into_iter().copied().collect();
    let say = |line| expand(line, random, &|random, name| word(domain, "", "", random, name));
    chosen.into_iter().map(say).collect::<Vec<_>>().join("\n")
}

impl Draft {
    /// The context as a worker would read it.
    pub fn render(&self) -> String {
        let mut text = format!("# {}: {}\n\n{}\n", self.own, self.title, self.description);
        for (heading, items) in &self.lists {
            if !items.is_empty() {
                text.push_str(&format!("\n## {heading}\n\n"));
            }
            for item in items {
                text.push_str(&format!("- {}\n", item.replace('\n', "\n  ")));
            }
        }
        text
    }

    /// The finished case; what was put in stands between marks.
    pub fn finish(self, name: String, family: &str) -> Case {
        let (text, mut spans) = unmark(&self.render());
        // Only the cases about size are about size: there, the end is too much.
        let bytes_max = if family == "size" { 3_000 } else { text.len().max(3_000) };
        if family == "size" {
            spans = vec![(
                (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default(),
                text.len(),
            )];
        }
        Case {
            name,
            part: self.part,
            origin: Origin::Spliced,
            family: family.to_owned(),
            text,
            spans,
            own: self.own,
            dependencies: self.dependencies,
            ids: self.ids,
            bytes_max,
            foreign: self.foreign,
            fields: self.fields,
            given: self.given,
        }
    }
}
