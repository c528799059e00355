//! From a task and what is known to the text that its worker is sent.
//!
//! The room is spent by rank: title, acceptance criteria, constraints and files are always whole, and
//! of the description at least all that must be kept; then come the changes that are asked for of work that
//! is there, the constraints of the project, what failed attempts taught, the rest of the description,
//! patterns, sections of the plan, gotchas and memory, as far as they fit.

use std::collections::BTreeSet;

use super::atoms::{Atom, atoms};
use super::compress::{KnownFile, Refusal, compress};
use super::document::{Block, blocks, fold};
use super::draft::{Draft, Kind};
use super::inputs::Inputs;
use super::negation;
use super::provenance::{Context, Dropped, Source, Why};
use super::repeats::{Seen, words};
use super::sections::{PlanSection, referred};
use super::too_large::ContextTooLarge;

/// So much of a section of the plan is taken at most, in UTF-8 bytes.
const SECTION_BYTES_MAX: usize = 400;

/// Writes a task's context as markdown of at most `bytes_max` bytes.
///
/// # Errors
/// [`ContextTooLarge`] when what must be in it does not fit.
pub fn compile(inputs: &Inputs) -> Result<Context, ContextTooLarge> {
    let task = inputs.task;
    let mut compiler = Compiler {
        inputs,
        limits: inputs.limits.lines(),
        seen: Seen::default(),
        said: Vec::new(),
        dropped: Vec::new(),
    };
    let title = format!("# {}: {}\n", task.id, fold(&task.title).replace('\n', " "));
    let must = compiler.must();
    let optional = compiler.optional();

    let fixed = title.len() + must.iter().map(Section::bytes).sum::<usize>();
    let [issues, project, evidence, ..] = &optional;
    // What is asked for of work that is there comes before all else.
    let first = [issues.bytes() + project.bytes() + evidence.bytes(), issues.bytes()];
    let description = compiler.description(fixed, &first).map_err(|(bytes, refusal)| {
        ContextTooLarge::new(task, &compiler.limits, bytes, inputs.bytes_max, refusal)
    })?;

    let mut context = Context::default();
    context.push(&title, Source::Title);
    context.push(&description, Source::Description);
    compiler.say(&description, &Source::Description);
    let mut room = inputs.bytes_max - fixed - description.len();
    let optional = optional.map(|section| compiler.fit(section, &mut room));
    let [acceptance, constraints, files] = &must;
    let [issues, project, rest @ ..] = &optional;
    // An agent that changes work that is there learns so first; what holds for the work stands together.
    for section in [issues, acceptance, constraints, project, files].into_iter().chain(rest) {
        section.write(&mut context);
    }
    context.dropped = compiler.dropped;
    Ok(context)
}

/// A heading with the items below it.
struct Section {
    title: &'static str,
    items: Vec<(String, Source)>,
}

impl Section {
    fn heading(&self) -> String {
        format!("\n## {}\n\n", self.title)
    }

    fn bytes(&self) -> usize {
        match self.items.is_empty() {
            true => 0,
            false => self.heading().len() + self.items.iter().map(|(text, _)| text.len()).sum::<usize>(),
        }
    }

    fn write(&self, context: &mut Context) {
        if self.items.is_empty() {
            return;
        }
        context.push(&self.heading(), Source::Heading);
        for (text, source) in &self.items {
            context.push(text, source.clone());
        }
    }
}

/// Something that the context says.
struct Said {
    source: Source,
    atoms: BTreeSet<Atom>,
    negations: usize,
}

/// What was said so far and what was left out.
struct Compiler<'a> {
    inputs: &'a Inputs<'a>,
    /// The backlog's limits as lines.
    limits: Vec<String>,
    seen: Seen,
    /// What was said, by its number in `seen`.
    said: Vec<Said>,
    dropped: Vec<Dropped>,
}

impl Compiler<'_> {
    /// The sections that are always whole. Of equal lines the first stays.
    fn must(&mut self) -> [Section; 3] {
        let task = self.inputs.task;
        let acceptance = numbered(&task.acceptance, |index| Source::Acceptance { index });
        let mut constraints = numbered(&task.context.constraints, |index| Source::Constraint { index });
        constraints.extend(numbered(&self.limits, |index| Source::Limit { index }));
        let files = numbered(&task.scope.files_hint, |index| Source::File { index });
        let mut lines: BTreeSet<String> = BTreeSet::new();
        [("Acceptance criteria", acceptance), ("Constraints", constraints), ("Files", files)].map(
            |(title, found)| {
                let mut items = Vec::new();
                for (text, source) in found {
                    if text.is_empty() {
                        self.drop(source, 0, Why::Empty);
                    } else if lines.insert(format!("{title} {text}")) {
                        self.say(&text, &source);
                        items.push((item(&text), source));
                    } else {
                        let of = items.iter().find(|(other, _)| *other == item(&text));
                        let of = of.map_or(Source::Heading, |(_, of): &(String, Source)| of.clone());
                        self.drop(source, text.len(), Why::Repeats { of });
                    }
                }
                Section { title, items }
            },
        )
    }

    /// The sections that are filled as far as there is room, by rank.
    fn optional(&mut self) -> [Section; 7] {
        let Inputs { task, issues, evidence, constraints, memory, .. } = *self.inputs;
        let issues = numbered(issues, |index| Source::Issue { index });
        let project = numbered(constraints, |index| Source::ProjectConstraint { index });
        let evidence = numbered(evidence, |index| Source::Evidence { index });
        let patterns = numbered(&task.context.patterns, |index| Source::Pattern { index });
        let gotchas = numbered(&task.context.gotchas, |index| Source::Gotcha { index });
        let plan = referred(self.inputs.plan, task);
        let plan = plan.into_iter().filter_map(|section| self.plan(section)).collect();
        let memory =
            memory.iter().map(|entry| (fold(&entry.text), Source::Memory { id: entry.id.clone() })).collect();
        [
            ("Changes to make to the work in this directory", issues),
            ("Project constraints", project),
            ("Learned from failed attempts", evidence),
            ("Patterns to follow", patterns),
            ("From the plan", plan),
            ("Gotchas", gotchas),
            ("Known from earlier work", memory),
        ]
        .map(|(title, found)| {
            let mut items = Vec::new();
            for (text, source) in found {
                if self.inputs.excluded.contains_key(&source) {
                    self.drop(source, text.len(), Why::Excluded);
                    continue;
                }
                let whole = text.len();
                let text = without_bodies(&text, self.inputs.files);
                match text.as_str() {
                    "" if whole == 0 => self.drop(source, 0, Why::Empty),
                    "" => self.drop(source, whole, Why::Body),
                    _ => items.push((item(&text), source)),
                }
            }
            Section { title, items }
        })
    }

    /// A section of the plan as an item.
    fn plan(&mut self, section: PlanSection) -> Option<(String, Source)> {
        let PlanSection { line, title, body } = section;
        let body = compress(&body, SECTION_BYTES_MAX, self.inputs.files);
        let source = Source::Plan { line, title: title.clone() };
        match body {
            Ok(body) if body.contains('\n') => Some((format!("{title}:\n{body}"), source)),
            Ok(body) => Some((format!("{title}: {}", body.strip_prefix("- ").unwrap_or(&body)), source)),
            Err(refusal) => {
                self.drop(source, refusal.bytes_needed, Why::NoRoom);
                None
            }
        }
    }

    /// The description with its line breaks, as long as `fixed` bytes of other parts leave room; shorter
    /// when that lets more fit, too: the first of `first` that does. The error says what all that must be
    /// kept would take.
    fn description(&mut self, fixed: usize, first: &[usize]) -> Result<String, (usize, Option<Refusal>)> {
        const FRAME: usize = "\n\n".len();
        let Inputs { task, files, bytes_max, .. } = *self.inputs;
        if task.description.trim().is_empty() {
            return if fixed <= bytes_max { Ok(String::new()) } else { Err((fixed, None)) };
        }
        let description = self.without_repeats(&task.description);
        let shorten = |bytes: Option<usize>| compress(&description, bytes.unwrap_or(0), files);
        let room = bytes_max.checked_sub(fixed + FRAME);
        let shorter = first.iter().find_map(|first| shorten(Some(room?.checked_sub(*first)?)).ok());
        let found = shorter.map_or_else(|| shorten(room), Ok);
        let text = found.map_err(|refusal| (fixed + FRAME + refusal.bytes_needed, Some(refusal)))?;
        if text.is_empty() {
            return if fixed <= bytes_max { Ok(text) } else { Err((fixed, None)) };
        }
        let lost = fold(&description).len() - text.len();
        if lost > 0 {
            self.drop(Source::Description, lost, Why::Shortened);
        }
        Ok(format!("\n{text}\n"))
    }

    /// The description without the sentences that criteria, constraints or files say already.
    fn without_repeats(&mut self, description: &str) -> String {
        let folded = fold(description);
        let blocks = blocks(&folded);
        let mut draft = Draft::new(&blocks, self.inputs.files);
        for part in &mut draft.parts {
            let is_prose = matches!(part.kind, Kind::Sentence | Kind::Item);
            if let Some(of) = self.repeated(&part.text).filter(|_| is_prose) {
                self.drop(Source::Description, part.text.len(), Why::Repeats { of });
                part.kept = false;
            }
        }
        draft.render()
    }

    /// Takes the items for which there is room and that say something new.
    fn fit(&mut self, section: Section, room: &mut usize) -> Section {
        let heading = section.heading().len();
        let Section { title, items: found } = section;
        let mut items: Vec<(String, Source)> = Vec::new();
        for (text, source) in found {
            // A criterion that is asked for once more is not met.
            let is_asked_for = matches!(source, Source::Issue { .. });
            if let Some(of) = self.repeated(&text).filter(|_| !is_asked_for) {
                self.drop(source, text.len(), Why::Repeats { of });
                continue;
            }
            let bytes = text.len() + if items.is_empty() { heading } else { 0 };
            let Some(rest) = room.checked_sub(bytes) else {
                self.drop(source, text.len(), Why::NoRoom);
                continue;
            };
            *room = rest;
            self.say(&text, &source);
            items.push((text, source));
        }
        Section { title, items }
    }

    /// The source that says the same with all the same atoms.
    fn repeated(&self, text: &str) -> Option<Source> {
        let words = words(text);
        let earlier = self.seen.equal(&words).or_else(|| self.seen.find(&words))?;
        let said = self.said.get(earlier)?;
        let is_same = said.negations == negation::count(text);
        (is_same && atoms(text).iter().all(|atom| said.atoms.contains(atom))).then(|| said.source.clone())
    }

    fn say(&mut self, text: &str, source: &Source) {
        for block in blocks(text) {
            let Block::Prose { sentences, .. } = block else { continue };
            sentences.into_iter().for_each(|sentence| self.say_one(sentence, source));
        }
        self.say_one(text, source);
    }

    fn say_one(&mut self, text: &str, source: &Source) {
        self.seen.add(&words(text), self.said.len());
        self.said.push(Said {
            source: source.clone(),
            atoms: atoms(text).into_iter().collect(),
            negations: negation::count(text),
        });
    }

    fn drop(&mut self, source: Source, bytes: usize, why: Why) {
        self.dropped.push(Dropped { source, bytes, why });
    }
}

/// Lines with folded white space and their sources.
fn numbered(lines: &[String], source: impl Fn(usize) -> Source) -> Vec<(String, Source)> {
    lines.iter().enumerate().map(|(index, line)| (fold(line), source(index))).collect()
}

/// A text that names the known files it shows, and shows no other.
fn without_bodies(text: &str, files: &[KnownFile]) -> String {
    if !text.contains("```") && !text.contains("~~~") {
        return text.to_owned();
    }
    let text = compress(text, usize::MAX, files).unwrap_or_default();
    let kept = blocks(&text);
    let kept: Vec<String> = kept
        .iter()
        .filter_map(|block| match block {
            Block::Heading(line) | Block::Log(line) => Some((*line).to_owned()),
            Block::Prose { lead, sentences } => Some(format!("{lead}{}", sentences.join(" "))),
            Block::Fence { file: Some(shown), .. } => Some(match shown.range {
                Some((from, to)) => format!("{}:{from}-{to}", shown.path),
                None => shown.path.to_owned(),
            }),
            Block::Fence { file: None, .. } | Block::Blank => None,
        })
        .collect();
    kept.join("\n")
}

/// A list item; the further lines of a longer text are indented below it.
fn item(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().filter(|line| !line.trim().is_empty()).collect();
    format!("- {}\n", lines.join("\n  "))
}
