//! What agents say on the way to their answers, and agents that repeat what others said.

use multi_agent_coder::event::SessionSignal;
use multi_agent_coder::hygiene::{Heard, Speech};
use multi_agent_coder::ids::SessionId;

use crate::coverage::Class;
use crate::world::{Item, World};

/// One sentence that is said in this session and in no other.
fn saying(session: &SessionId) -> String {
    let letters: String = session
        .as_str()
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|digit| char::from(digit - b'0' + b'k'))
        .collect();
    let words: Vec<String> = ('a'..='n').map(|word| format!("{word}{letters}{word}{word}")).collect();
    words.join(" ")
}

fn heard(session: &SessionId) -> Heard {
    Heard::of(&Speech { said: vec![saying(session)], ..Speech::default() })
}

impl World {
    /// An ask is over: the host tells what its session holds, unless that gets lost.
    pub fn talks(&mut self, session: &SessionId) {
        if self.goes_wrong(self.setup.rates.noise) {
            return self.hit(Class::SignalLost);
        }
        let signal = SessionSignal::Overheard { heard: heard(session) };
        self.after(0, Item::Signals(session.clone(), signal));
    }

    /// What an agent repeats of another's session, if it does. Once the engine has heard it, no worker may
    /// ever read it.
    pub fn repeats(&mut self) -> Option<String> {
        if !self.goes_wrong(150) {
            return None;
        }
        let is_talk = |agent: &str| agent.starts_with("planner") || agent == "implementer";
        let talkers = self.sessions.iter().filter(|(_, session)| is_talk(&session.purpose.agent));
        let talkers: Vec<SessionId> = talkers.map(|(id, _)| id.clone()).collect();
        if talkers.is_empty() {
            return None;
        }
        let session = self.rng.pick(&talkers).clone();
        let said = saying(&session);
        if self.has_heard(&session) && !self.books.leaked.contains(&said) {
            self.hit(Class::Repeated);
            self.books.repeated.insert(said.clone());
        } else {
            // Whoever was not heard may be repeated, now and afterwards.
            self.books.leaked.insert(said.clone());
            self.books.repeated.remove(&said);
        }
        Some(said)
    }

    /// Whether the engine knows what was said in a session.
    fn has_heard(&self, session: &SessionId) -> bool {
        let marks = serde_json::to_string(&heard(session).said).expect("a string");
        let state = self.process.as_ref().map(|process| process.engine.checkpoint());
        state.is_some_and(|state| serde_json::to_string(&state).is_ok_and(|state| state.contains(&marks)))
    }
}
