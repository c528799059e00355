//! Puts what does not belong into a clean context, between marks.

use super::backlog::{Draft, talk, word};
use super::disguise::{disguise, disguise_id};
use super::grammar::expand;
use super::pools::{Domain, Pools};
use super::random::Random;
use super::{CLOSE, Case, Foreign, OPEN, Part};

/// How many cases of 100 are disguised.
const DISGUISED: usize = 25;
/// Copies of fewer words are common phrases.
const COPY_WORDS_MIN: usize = 10;

/// A contaminated case. The kinds have fixed shares of each 20.
pub fn contaminate(mut draft: Draft, pools: &Pools, random: &mut Random, index: usize) -> Case {
    let domain = &pools.domains[draft.domain];
    let name = format!("spliced-{index:04}");
    let family = match index % 20 {
        0..=6 => put_talk(&mut draft, pools, random, domain, false),
        7..=9 => put_talk(&mut draft, pools, random, domain, true),
        10..=12 => put_id(&mut draft, random),
        13..=15 => put_copy(&mut draft, random),
        16 | 17 => put_file(&mut draft, pools, random, domain),
        18 => put_log(&mut draft, pools, random, domain),
        _ => put_size(&mut draft, random),
    };
    draft.finish(name, family)
}

fn marked(text: &str) -> String {
    format!("{OPEN}{text}{CLOSE}")
}

/// Puts a sentence or a few where prose may stand.
fn put_inline(draft: &mut Draft, random: &mut Random, text: &str) {
    let text = marked(text);
    let lists: Vec<usize> = (0..draft.lists.len()).filter(|at| draft.lists[*at].0 != "Files").collect();
    let items = &mut draft.lists[*random.pick(&lists)].1;
    match random.below(4) {
        0 => draft.description = format!("{}\n\n{text}", draft.description),
        1 => draft.description = format!("{text} {}", draft.description),
        2 if !items.is_empty() => {
            let at = random.below(items.len());
            items[at] = format!("{}. {text}", items[at]);
        }
        _ => items.push(text),
    }
}

fn put_block(draft: &mut Draft, random: &mut Random, text: &str) {
    let text = marked(text);
    draft.description = match random.percent(50) {
        true => format!("{}\n\n{text}", draft.description),
        false => format!("{text}\n\n{}", draft.description),
    };
}

fn put_talk(
    draft: &mut Draft,
    pools: &Pools,
    random: &mut Random,
    domain: &Domain,
    is_known: bool,
) -> &'static str {
    let sentences = [1, 1, 2, 2, 3, 4][random.below(6)];
    let said = talk(pools, random, domain, sentences);
    if is_known {
        let around = talk(pools, random, domain, 3);
        let (kind, name) = *random.pick(&[("planner", "planner-arch"), ("attempt", "attempt 2")]);
        let text = format!("{around}\n{said}\n{around}");
        draft.foreign.push(Foreign { kind: kind.to_owned(), name: name.to_owned(), text });
    }
    let mut text = said.replace('\n', " ");
    if random.percent(DISGUISED) {
        text = disguise(&text, draft.part, random);
    }
    put_inline(draft, random, &text);
    if is_known { "known talk" } else { "talk" }
}

fn put_id(draft: &mut Draft, random: &mut Random) -> &'static str {
    let is_own = |id: &&String| **id == draft.own || draft.dependencies.contains(*id);
    let others: Vec<&String> = draft.ids.iter().filter(|id| !is_own(id)).collect();
    let id = (*random.pick(&others)).clone();
    let forms: &[&str] = match draft.part {
        Part::Tuned => {
            &["Same dialog as @.", "See @ for the shape", "After @ is done", "cf. tasks/@.context.md", "(@)"]
        }
        Part::Held => &[
            "Share code with @",
            "@ adds the rest",
            "out/@/notes.md has more",
            "like @, only faster",
            "[@] first",
        ],
    };
    let form = match id.contains(|c: char| c.is_ascii_digit()) {
        true => *random.pick(forms),
        false => "Comes after task @.",
    };
    let mut shown = id;
    if random.percent(DISGUISED) && form.len() < 30 && shown.contains(|c: char| c.is_ascii_digit()) {
        shown = disguise_id(&shown, draft.part, random);
    }
    let text = form.replace('@', &marked(&shown));
    let items = &mut draft.lists[5].1;
    match random.below(3) {
        0 => draft.description = format!("{} {text}", draft.description),
        1 => items.push(text),
        _ => draft.lists[0].1.push(text),
    }
    "id"
}

fn put_copy(draft: &mut Draft, random: &mut Random) -> &'static str {
    // What the task says itself in nearly the same words is no copy.
    let tail = |line: &str| line.split_whitespace().rev().take(4).map(str::to_owned).collect::<Vec<_>>();
    let own: Vec<_> = draft.fields.split(['\n', '.']).map(tail).collect();
    let is_new =
        |line: &str| line.split('.').all(|sentence| sentence.is_empty() || !own.contains(&tail(sentence)));
    let tasks = draft.foreign.iter().filter(|foreign| foreign.kind == "task");
    let lines: Vec<&str> = tasks
        .flat_map(|foreign| foreign.text.lines())
        .filter(|line| line.split_whitespace().count() >= COPY_WORDS_MIN && is_new(line))
        .collect();
    if lines.is_empty() {
        return put_id(draft, random);
    }
    let mut text = (*random.pick(&lines)).to_owned();
    if random.percent(DISGUISED) {
        text = disguise(&text, draft.part, random);
    }
    put_inline(draft, random, &text);
    "copy"
}

fn put_file(draft: &mut Draft, pools: &Pools, random: &mut Random, domain: &Domain) -> &'static str {
    let language = random.pick(&pools.files);
    let count = random.whole(24, 44);
    let lines: Vec<String> = (0..count)
        .map(|at| {
            let template = language.lines[at % language.lines.len()];
            expand(template, random, &|random, name| word(domain, "", "", random, name))
        })
        .collect();
    let body = lines.join("\n");
    let numbered = |separator: &str, width: usize, fill: &str| {
        let line = |(at, line): (usize, &String)| {
            let number = (at + 1).to_string();
            format!("{}{number}{separator}{line}", fill.repeat(width - number.len()))
        };
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    let text = match (random.below(4), draft.part) {
        (0, _) => format!("```{}\n{body}\n```", language.name),
        (1, _) => body,
        (2, Part::Tuned) => format!("<file>\n{}\n</file>", numbered("| ", 5, "0")),
        (2, Part::Held) => numbered("\t", 6, " "),
        (_, Part::Tuned) => format!("// File: src/{}\n{body}", language.name),
        (_, Part::Held) => format!("~~~\n{body}\n~~~"),
    };
    put_block(draft, random, &text);
    "file"
}

fn put_log(draft: &mut Draft, pools: &Pools, random: &mut Random, domain: &Domain) -> &'static str {
    let tool = random.pick(&pools.logs);
    let say = |line: &&str| expand(line, random, &|random, name| word(domain, "", "", random, name));
    let log = tool.lines.iter().map(say).collect::<Vec<_>>().join("\n");
    let text = match random.percent(40) {
        true => {
            draft.foreign.push(Foreign {
                kind: "tool".to_owned(),
                name: "bash".to_owned(),
                text: log.clone(),
            });
            format!("```\n{log}\n```")
        }
        false => log,
    };
    put_block(draft, random, &text);
    "log"
}

/// Items until the text is too long; in bytes, not always in characters.
fn put_size(draft: &mut Draft, random: &mut Random) -> &'static str {
    let sentences: &[&str] = match draft.part {
        Part::Tuned => &[
            "Größenänderungen für Überträge werden geprüft und bestätigt",
            "Rows without a number are kept and shown at the end of the list",
        ],
        Part::Held => &[
            "每个订单必须有编号、日期、金额和客户名称，并且不能重复",
            "Каждая запись хранится ровно один раз",
        ],
    };
    let sentence = *random.pick(sentences);
    while draft.render().len() <= 3_400 {
        let number = draft.lists[5].1.len();
        draft.lists[5].1.push(marked(&format!("{sentence} ({number})")));
    }
    "size"
}
