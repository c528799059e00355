//! The memory and what is known of its file, so that a person's edits can be told from what we wrote.

use serde::{Deserialize, Serialize};

use super::{Memory, MemoryFile, merge};

/// The memory and its file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notebook {
    /// What is remembered.
    pub memory: Memory,
    /// Where the file is.
    path: String,
    /// The file as it was when we read or wrote it last.
    shown: MemoryFile,
    /// What is being written, by its hash; nobody knows yet whether it is there.
    writing: Option<(String, MemoryFile)>,
}

impl Notebook {
    /// The file at a path was read; its hash tells whether it is what we wrote. A person's edits win.
    pub fn read(&mut self, path: &str, file: MemoryFile, hash: &str, at_ms: u64) {
        self.open(path);
        self.written(hash);
        self.memory = merge(&self.memory, &self.shown, &file, at_ms);
        self.shown = file;
        self.writing = None;
    }

    /// There is no file at a path. When there was one, a person wants what it said forgotten: gives how
    /// many entries that are.
    pub fn missed(&mut self, path: &str) -> usize {
        self.open(path);
        let before = self.memory.entries.len();
        if self.shown != MemoryFile::default() {
            self.memory = merge(&self.memory, &self.shown, &MemoryFile::default(), 0);
            self.memory.deleted.clear();
        }
        (self.shown, self.writing) = (MemoryFile::default(), None);
        before - self.memory.entries.len()
    }

    /// The memory is being written to its file as a text with this hash.
    pub fn write(&mut self, hash: String) {
        self.writing = Some((hash, MemoryFile::of(&self.memory)));
    }

    /// The file has this hash.
    pub fn written(&mut self, hash: &str) {
        if let Some((_, file)) = self.writing.take_if(|(known, _)| known == hash) {
            self.shown = file;
        }
    }

    /// A file in another place says nothing of the one that was there.
    fn open(&mut self, path: &str) {
        if self.path != path {
            *self =
                Self { memory: std::mem::take(&mut self.memory), path: path.to_owned(), ..Self::default() };
        }
    }
}
