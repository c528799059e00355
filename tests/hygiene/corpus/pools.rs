//! The texts that cases are made of. The two parts share none of them.

use super::Part;

/// Lines under a heading, `## name`.
pub struct Section {
    pub name: &'static str,
    pub lines: Vec<&'static str>,
}

/// A field of work with its words.
pub struct Domain {
    pub name: &'static str,
    pub sections: Vec<Section>,
}

impl Domain {
    /// The choices of a section: separated by `|` on one line, or a line each.
    pub fn choices(&self, name: &str) -> Vec<&'static str> {
        let section = self.sections.iter().find(|section| section.name == name);
        let lines = section.map(|section| section.lines.as_slice()).unwrap_or_default();
        match lines {
            [only] => only.split('|').collect(),
            lines => lines.to_vec(),
        }
    }
}

/// All texts of a part.
pub struct Pools {
    pub part: Part,
    pub domains: Vec<Domain>,
    pub talk: Vec<Section>,
    pub traps: Vec<Section>,
    pub logs: Vec<Section>,
    pub files: Vec<Section>,
}

impl Pools {
    pub fn of(part: Part) -> Self {
        let [domains, talk, traps, logs, files] = match part {
            Part::Tuned => [
                include_str!("data/domains-tuned.txt"),
                include_str!("data/talk-tuned.txt"),
                include_str!("data/traps-tuned.txt"),
                include_str!("data/logs-tuned.txt"),
                include_str!("data/files-tuned.txt"),
            ],
            Part::Held => [
                include_str!("data/domains-held.txt"),
                include_str!("data/talk-held.txt"),
                include_str!("data/traps-held.txt"),
                include_str!("data/logs-held.txt"),
                include_str!("data/files-held.txt"),
            ],
        };
        Self {
            part,
            domains: read_domains(domains),
            talk: read_sections(talk),
            traps: read_sections(traps),
            logs: read_sections(logs),
            files: read_sections(files),
        }
    }
}

fn read_domains(text: &'static str) -> Vec<Domain> {
    text.split("\n# ")
        .map(|domain| {
            let (name, rest) = domain.trim_start_matches("# ").split_once('\n').unwrap_or((domain, ""));
            Domain { name, sections: read_sections(rest) }
        })
        .collect()
}

fn read_sections(text: &'static str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("## "), sections.last_mut()) {
            (Some(name), _) => sections.push(Section { name, lines: Vec::new() }),
            (None, Some(section)) => section.lines.push(line),
            (None, None) => {}
        }
    }
    sections
}
