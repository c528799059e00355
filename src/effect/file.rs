//! Files. Writes are atomic and can insist on what they replace.

use serde::{Deserialize, Serialize};

/// What can be asked of files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FileOperation {
    /// Read a text file. Resolves as `Read`, `Missing`, `TooLarge`, `NotText`.
    Read {
        /// Which file.
        file: FileRef,
        /// Larger ones are not read.
        bytes_max: u32,
    },
    /// List the files below a directory with their hashes; links are left out. Resolves as `Listed` or
    /// `Missing`.
    List {
        /// The directory.
        directory: FileRef,
        /// How deep to look: 1 for the files in the directory itself.
        depth_max: u32,
        /// At most so many files.
        files_max: u32,
        /// Larger files have no hash.
        bytes_max: u32,
    },
    /// Replace a file by writing beside it and renaming. Resolves as `Written` or `Changed`.
    Write {
        /// Which file.
        file: FileRef,
        /// All of it.
        text: String,
        /// What must be there now.
        expected: Expected,
    },
}

/// A file, by whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileRef {
    /// What the path starts from.
    pub place: Place,
    /// The path, with `/`.
    pub path: String,
}

/// What a path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The root of the person's checkout; the path may not leave it.
    Repository,
    /// Our directory under the git common directory; the path may not leave it.
    State,
    /// Where the person typed the command, any path they name; read only.
    Person,
}

/// What a write insists on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Expected {
    /// Nothing.
    Anything,
    /// No file.
    Missing,
    /// No file, or what we wrote last. Anything else is somebody's edit: it is kept beside the file, and
    /// the write goes on.
    Ours {
        /// SHA-256 of what we may have written last, hex. More than one while nobody heard which.
        hashes: Vec<String>,
    },
    /// A file with this hash.
    Hash {
        /// SHA-256 of its bytes, hex.
        hash: String,
    },
}

/// A file of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileSum {
    /// Its path from the directory, with `/`.
    pub path: String,
    /// SHA-256 of its bytes, hex; `None` when it is too large.
    pub hash: Option<String>,
}

/// How a file operation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FileOutcome {
    /// The file's text.
    Read {
        /// All of it.
        text: String,
        /// SHA-256 of its bytes, hex.
        hash: String,
    },
    /// The files below a directory, sorted by path.
    Listed {
        /// Paths and hashes.
        files: Vec<FileSum>,
        /// More were there than asked for.
        is_cut: bool,
    },
    /// There is no such file.
    Missing,
    /// It is larger than allowed.
    TooLarge {
        /// Its size.
        #[cfg_attr(test, ts(type = "number"))]
        bytes: u64,
    },
    /// It is a directory, or not UTF-8.
    NotText,
    /// The file is as it should be.
    Written {
        /// SHA-256 of its bytes, hex.
        hash: String,
        /// Where somebody's edit was put, from where the file's own path starts.
        #[serde(default)]
        kept: Option<String>,
    },
    /// What was there is not what was expected; nothing was written.
    Changed,
    /// The file system refused.
    Failed {
        /// What it said, with the path.
        message: String,
    },
}
