//! A person's edits of the file, brought into what was learned meanwhile. The person wins.

use super::file::{Listed, MemoryFile};
use super::{Entry, Memory, SCORE_NEW, Source, is_same, one_line};

/// Brings an edited file into the memory. `shown` is the file before the edit: an entry that it has and
/// the file has not was deleted and stays so; one that differs was changed; one that it has not is new.
/// What was learned after `shown` stays unless it was deleted.
pub fn merge(ours: &Memory, shown: &MemoryFile, theirs: &MemoryFile, at_ms: u64) -> Memory {
    let mut merged = ours.clone();
    let is_listed = |id: &str| theirs.entries.iter().any(|listed| listed.id.as_deref() == Some(id));

    let mut gone: Vec<String> = Vec::new();
    for was in shown.entries.iter().filter(|was| theirs.find(was).is_none()) {
        let is_it = |own: &Entry| match &was.id {
            Some(id) => own.id == *id,
            None => own.tier == was.tier && is_same(&own.text, &was.text),
        };
        merged.entries.retain(|own| !is_it(own));
        gone.push(was.text.clone());
    }
    for listed in &theirs.entries {
        match shown.find(listed) {
            Some(was) => change(&mut merged, was, listed, at_ms),
            None => add(&mut merged, listed, at_ms),
        }
    }

    // A text that the person took out of the list of deleted ones may be learned again.
    let is_lifted = |text: &String| shown.deleted.contains(text) && !theirs.deleted.contains(text);
    merged.deleted.retain(|text| !is_lifted(text));
    for text in gone.into_iter().chain(theirs.deleted.iter().cloned()) {
        let is_kept = theirs.entries.iter().any(|listed| is_same(&listed.text, &text));
        let is_there = merged.deleted.iter().any(|other| is_same(other, &text));
        if !is_kept && !is_there {
            merged.deleted.push(text);
        }
    }
    let Memory { entries, deleted, .. } = &mut merged;
    let is_wanted = |entry: &Entry| {
        is_listed(&entry.id) || theirs.entries.iter().any(|listed| is_same(&listed.text, &entry.text))
    };
    entries.retain(|entry| is_wanted(entry) || !deleted.iter().any(|text| is_same(text, &entry.text)));
    merged
}

impl MemoryFile {
    /// The entry that another file's entry was.
    fn find(&self, other: &Listed) -> Option<&Listed> {
        self.entries.iter().find(|listed| match &other.id {
            Some(id) => listed.id.as_ref() == Some(id),
            None => listed.id.is_none() && listed.tier == other.tier && is_same(&listed.text, &other.text),
        })
    }
}

/// Takes over what the person changed of an entry, and nothing else.
fn change(merged: &mut Memory, was: &Listed, listed: &Listed, at_ms: u64) {
    let text = one_line(&listed.text);
    let is_moved = listed.tier != was.tier;
    let is_reworded = text != one_line(&was.text);
    let score = listed.score.filter(|score| Some(*score) != was.score);
    let is_it = |entry: &&mut Entry| match &was.id {
        Some(id) => entry.id == *id,
        None => entry.tier == was.tier && is_same(&entry.text, &was.text),
    };
    let Some(own) = merged.entries.iter_mut().find(is_it) else {
        // Forgotten meanwhile. It comes back only when the person did something to it.
        if is_moved || is_reworded || score.is_some() {
            add(merged, listed, at_ms);
        }
        return;
    };
    if is_reworded || is_moved {
        own.source = Source::Person;
    }
    if is_reworded {
        own.text = text;
    }
    if is_moved {
        own.tier = listed.tier.clone();
    }
    if let Some(score) = score {
        own.set_score(score, at_ms);
    }
}

/// A new entry of the person's. One that says the same in the same tier is taken for it.
fn add(merged: &mut Memory, listed: &Listed, at_ms: u64) {
    let text = one_line(&listed.text);
    let score = listed.score.unwrap_or(SCORE_NEW);
    let same = |entry: &&mut Entry| entry.tier == listed.tier && is_same(&entry.text, &text);
    if let Some(entry) = merged.entries.iter_mut().find(same) {
        entry.set_score(score.max(entry.relevance(at_ms)), at_ms);
        return;
    }
    let is_free = |id: &&String| merged.entries.iter().all(|entry| entry.id != **id);
    let id = listed.id.as_ref().filter(is_free).cloned();
    let id = id.unwrap_or_else(|| merged.next_id());
    let mut entry = Entry {
        id,
        tier: listed.tier.clone(),
        text,
        source: Source::Person,
        created_ms: at_ms,
        score: 0,
        scored_ms: at_ms,
        used: 0,
        passed: 0,
        failed: 0,
    };
    entry.set_score(score, at_ms);
    merged.entries.push(entry);
}
