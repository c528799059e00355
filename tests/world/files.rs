//! Files by place and path.

use std::collections::BTreeMap;

use multi_agent_coder::effect::file::{FileOutcome, FileRef, FileSum, Place};
use sha2::Digest;

/// The files of a world.
pub type Files = BTreeMap<(Place, String), String>;

/// Where a file lies among them.
pub fn key(file: &FileRef) -> (Place, String) {
    (file.place, file.path.clone())
}

/// What reading a file comes to.
pub fn read(files: &Files, file: &FileRef, bytes_max: u32) -> FileOutcome {
    match files.get(&key(file)) {
        None => FileOutcome::Missing,
        Some(text) if text.len() > bytes_max as usize => FileOutcome::TooLarge { bytes: text.len() as u64 },
        Some(text) => FileOutcome::Read { text: text.clone(), hash: hash(text) },
    }
}

/// The files below a directory, at most so many.
pub fn list(files: &Files, directory: &FileRef, depth_max: u32, files_max: u32) -> FileOutcome {
    let prefix = format!("{}/", directory.path);
    let inside = |path: &str| path.strip_prefix(&prefix).map(str::to_owned);
    let is_near = |path: &String| path.matches('/').count() < depth_max as usize;
    let found = files.iter().filter(|((place, _), _)| *place == directory.place);
    let mut files: Vec<FileSum> = found
        .filter_map(|((_, path), text)| Some((inside(path)?, text)))
        .filter(|(path, _)| is_near(path))
        .map(|(path, text)| FileSum { path, hash: Some(hash(text)) })
        .collect();
    if files.is_empty() {
        return FileOutcome::Missing;
    }
    let is_cut = files.len() > files_max as usize;
    files.truncate(files_max as usize);
    FileOutcome::Listed { files, is_cut }
}

/// The SHA-256 of a content, hex.
pub fn hash(text: &str) -> String {
    let digest = sha2::Sha256::digest(text);
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
