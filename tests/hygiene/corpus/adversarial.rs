//! Cases written by hand. `=== clean name` and `=== dirty name` begin one; `⟦` and `⟧` enclose what does
//! not belong; `\u{200B}` is that character; `@repeat 20 text` is 20 numbered lines
//! of the text. `=== foreign kind name` gives text that no case may repeat.

use super::{CLOSE, Case, Foreign, OPEN, Origin, Part, unmark};

/// The cases of a part. All are about task T02, which depends on T01.
pub fn cases(part: Part) -> Vec<Case> {
    let text = match part {
        Part::Tuned => include_str!("adversarial/tuned.txt"),
        Part::Held => include_str!("adversarial/held.txt"),
    };
    let ids: Vec<String> =
        (1..=12).map(|n| format!("T{n:02}")).chain(["setup", "api", "auth-2"].map(str::to_owned)).collect();
    let (mut foreign, mut cases) = (Vec::new(), Vec::new());
    for block in text.split("\n=== ").skip(1) {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
        if kind == "foreign" {
            let (kind, name) = name.split_once(' ').unwrap_or((name, name));
            foreign.push(Foreign { kind: kind.to_owned(), name: name.to_owned(), text: body.to_owned() });
            continue;
        }
        let (text, spans) = unmark(&written(body));
        let family = if kind == "clean" { "clean" } else { "by hand" };
        let is_size = text.len() > 3_000;
        cases.push(Case {
            name: name.to_owned(),
            part,
            origin: Origin::Adversarial,
            family: family.to_owned(),
            bytes_max: 3_000,
            spans: if is_size { vec![(3_000, text.len())] } else { spans },
            text,
            own: "T02".to_owned(),
            dependencies: vec!["T01".to_owned()],
            ids: ids.clone(),
            foreign: foreign.clone(),
            fields: String::new(),
            given: String::new(),
        });
    }
    cases
}

fn written(body: &str) -> String {
    let mut lines = Vec::new();
    for line in body.lines() {
        let Some((count, text)) = line.strip_prefix("@repeat ").and_then(|rest| rest.split_once(' ')) else {
            lines.push(line.to_owned());
            continue;
        };
        let count: usize = count.parse().unwrap_or(0);
        lines.extend((0..count).map(|number| format!("{text} // {number}")));
    }
    let mut out = String::new();
    let text = lines.join("\n").replace('⟦', &OPEN.to_string());
    let text = text.replace('⟧', &CLOSE.to_string());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\u{") {
        let (before, code) = rest.split_at(at);
        let (code, after) = code[3..].split_once('}').unwrap_or((&code[3..], ""));
        out.push_str(before);
        out.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
        rest = after;
    }
    out + rest + "\n"
}
