//! The spec repository on disk: `/spec`, the look for edits before a command, and the saving of a feature.

pub(crate) mod command;
mod files;
pub(crate) mod look;
pub(crate) mod save;
mod shelf;
pub(crate) mod sweep;
mod template;
mod work;

use crate::options::Options;

/// The directory that holds the features, from the repository's root.
pub(crate) fn directory(options: &Options) -> &str {
    options.specs_dir.trim_end_matches('/')
}
