//! The head record: how far the journal has come, kept in a file of its own. No chain can see that
//! whole lines are missing at its end; this can.
//!
//! It is one line of a fixed size, overwritten in place after each append and never synced. So it may
//! lag behind the journal, and a crash may tear it: then its own checksum fails and it counts as absent.

use serde::Deserialize;

use super::{FORMAT, Journal, chain};

/// What separates the fields from their checksum.
const CHECK: &str = ",\"check\":\"";
const END: &str = "\"}\n";

/// What a head file says: after so many records, the last one had this hash.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Head {
    v: u64,
    pub records: u64,
    pub hash: String,
}

impl Head {
    /// Reads a head file; `None` when it is empty, torn, damaged or of another format.
    pub fn parse(text: &str) -> Option<Self> {
        let (fields, check) = text.strip_suffix(END)?.split_once(CHECK)?;
        if check != checksum(fields) {
            return None;
        }
        serde_json::from_str(&format!("{fields}}}")).ok().filter(|head: &Self| head.v == FORMAT)
    }
}

/// The head record of a journal. The number is padded to the digits of the largest one.
pub(super) fn render(journal: &Journal) -> String {
    let Journal { sequence, head } = journal;
    let fields = format!("{{\"v\":{FORMAT},\"records\":{sequence:>20},\"hash\":\"{head}\"");
    let check = checksum(&fields);
    format!("{fields}{CHECK}{check}{END}")
}

fn checksum(fields: &str) -> String {
    chain("head", fields)
}
