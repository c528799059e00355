//! What was said in sessions of agents, to be known again where it does not belong: what planners thought
//! on their way to a document, what attempts told, what tools answered them. What is laid down in a
//! document may be repeated by everyone, whoever said it first.

use serde::{Deserialize, Serialize};

use super::copies::{ForeignKind, widened};
use super::finding::{Found, Rule, excerpt};
use super::frame::Frame;
use super::marks::{Marks, Reading, Run, all_marks, runs_and_wholes};
use super::speech::Heard;
use crate::ids::SessionId;

/// So many fingerprints are kept of all sessions together, 128 KiB in a checkpoint; the oldest sessions go
/// first. About eight sessions that said all they could, or thirty of the usual size.
const ALL_MARKS_MAX: usize = 16 * 1024;

/// Fingerprints of sessions, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overheard {
    voices: Vec<Voice>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Voice {
    session: SessionId,
    who: ForeignKind,
    talk: Marks,
    outputs: Marks,
}

/// A passage that was said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// Who said it.
    pub source: ForeignKind,
}

impl Overheard {
    /// A session said more: what is told of it now takes the place of what was told before. What is
    /// `known` already does not come from it.
    pub fn listen(&mut self, session: &SessionId, who: ForeignKind, heard: &Heard, known: &[&str]) {
        self.voices.retain(|voice| voice.session != *session);
        let (mut talk, mut outputs) = (heard.said.clone(), heard.outputs.clone());
        talk.add(heard.last.clone());
        talk.forget(&all_marks(known.iter().copied(), Reading::Talk));
        outputs.forget(&all_marks(known.iter().copied(), Reading::Output));
        self.voices.push(Voice { session: session.clone(), who, talk, outputs });
        self.tidy();
    }

    /// These texts are laid down now: who repeats them repeats them, and nothing that was said.
    pub fn forget(&mut self, texts: &[&str]) {
        let known = |reading| all_marks(texts.iter().copied(), reading);
        let (talk, outputs) = (known(Reading::Talk), known(Reading::Output));
        for voice in &mut self.voices {
            voice.talk.forget(&talk);
            voice.outputs.forget(&outputs);
        }
        self.tidy();
    }

    /// Nothing of what was said under a name is remembered any more.
    pub fn forget_speaker(&mut self, who: &ForeignKind) {
        self.voices.retain(|voice| voice.who != *who);
    }

    fn tidy(&mut self) {
        self.voices.retain(|voice| voice.len() > 0);
        let mut all: usize = self.voices.iter().map(Voice::len).sum();
        while all > ALL_MARKS_MAX {
            all -= self.voices.remove(0).len();
        }
    }

    /// What of a text was said in a session and is not `given` by a text that may be repeated. Neighbouring
    /// hits of a source are one passage.
    pub fn echoes(&self, text: &str, given: &[&str]) -> Vec<Echo> {
        let mut echoes = self.echoes_of(text, given, Reading::Talk);
        echoes.extend(self.echoes_of(text, given, Reading::Output));
        for echo in &mut echoes {
            (echo.from, echo.to) = widened(text, echo.from, echo.to);
        }
        echoes.sort_by_key(|echo| (echo.from, echo.to));
        echoes
    }

    fn echoes_of(&self, text: &str, given: &[&str], reading: Reading) -> Vec<Echo> {
        let is_said = |run: &Run| self.voices.iter().any(|voice| voice.marks(reading).has(run.mark));
        let mut said: Vec<Run> = runs_and_wholes(text, reading).into_iter().filter(is_said).collect();
        if said.is_empty() {
            return Vec::new();
        }
        let given = all_marks(given.iter().copied(), reading);
        said.retain(|run| given.binary_search(&run.mark).is_err());
        let mut echoes: Vec<Echo> = Vec::new();
        for run in said {
            let voices = self.voices.iter().filter(|voice| voice.marks(reading).has(run.mark));
            let mut sources = voices.map(|voice| voice.source(reading));
            match echoes.last_mut() {
                Some(last) if run.from <= last.to && sources.clone().any(|source| source == last.source) => {
                    last.to = run.to;
                }
                _ => echoes.extend(sources.next().map(|source| Echo { from: run.from, to: run.to, source })),
            }
        }
        echoes
    }
}

impl Voice {
    fn len(&self) -> usize {
        self.talk.len() + self.outputs.len()
    }

    fn marks(&self, reading: Reading) -> &Marks {
        match reading {
            Reading::Talk => &self.talk,
            Reading::Output => &self.outputs,
        }
    }

    fn source(&self, reading: Reading) -> ForeignKind {
        match (reading, &self.who) {
            (Reading::Output, ForeignKind::Planner(name) | ForeignKind::Attempt(name)) => {
                ForeignKind::Tool(name.clone())
            }
            (_, who) => who.clone(),
        }
    }
}

impl Echo {
    /// What it repeats, and what to do about it.
    pub fn tell(&self, text: &str) -> String {
        let remedy = match self.source {
            ForeignKind::Tool(_) => "name the file and the lines instead",
            _ => "leave it out, or say what the task needs of it in words of its own",
        };
        format!("\"{}\" repeats {}: {remedy}", excerpt(text, self.from, self.to), self.source.tell())
    }
}

/// One finding for each passage.
pub(super) fn findings(text: &str, frame: &Frame) -> Vec<Found> {
    let Some(overheard) = frame.overheard else { return Vec::new() };
    let given = frame.given.iter().chain(frame.fields).chain(frame.not_overheard);
    let given: Vec<&str> = given.copied().collect();
    let found = |echo: Echo| Found {
        rule: Rule::Copied,
        from: echo.from,
        to: echo.to,
        weight: 90,
        message: echo.tell(text),
    };
    overheard.echoes(text, &given).into_iter().map(found).collect()
}
