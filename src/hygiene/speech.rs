//! What a session holds, and what is kept of it: fingerprints.

use serde::{Deserialize, Serialize};

use super::marks::{Marks, Reading, all_marks, own_words};

/// The texts of a session. They leave the host's process for nowhere, and no journal has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Speech {
    /// What it was sent.
    pub sent: Vec<String>,
    /// What its agent said and thought on its way to its last word.
    pub said: Vec<String>,
    /// Its last word, which may be a document of its own.
    pub last: String,
    /// What tools answered.
    pub outputs: Vec<String>,
}

/// Fingerprints of what a session holds. What it was sent is nobody's secret, and what it repeats of its
/// tools' answers is the project's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Heard {
    /// What its agent said and thought, as far as its last word does not have it.
    pub said: Marks,
    /// Its last word.
    pub last: Marks,
    /// What tools answered.
    pub outputs: Marks,
}

impl Heard {
    /// Those of a session's texts.
    pub fn of(speech: &Speech) -> Self {
        let sent = || speech.sent.iter().map(String::as_str);
        let outputs = || speech.outputs.iter().map(String::as_str);
        let last = speech.last.as_str();
        let public = all_marks(sent().chain(outputs()), Reading::Talk);
        let mut known = [public.as_slice(), &all_marks([last], Reading::Talk)].concat();
        known.sort_unstable();
        let said = speech.said.iter().flat_map(|text| own_words(text));
        Self {
            said: Marks::of(said, Reading::Talk, &known),
            last: Marks::of(own_words(last), Reading::Talk, &public),
            outputs: Marks::of(outputs(), Reading::Output, &all_marks(sent(), Reading::Output)),
        }
    }

    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty() && self.last.is_empty() && self.outputs.is_empty()
    }
}
