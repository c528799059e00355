//! The host's catalogue of models: what exists here, and what it costs.

use serde::{Deserialize, Serialize};

use crate::ids::ModelRef;

/// What can be asked of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CatalogueOperation {
    /// Look models up.
    Look {
        /// Which.
        models: Vec<ModelRef>,
    },
}

/// How a look-up ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CatalogueOutcome {
    /// One entry a model, in the order asked.
    Found {
        /// What is known.
        models: Vec<CatalogueEntry>,
    },
    /// The host did not answer.
    Failed {
        /// What it said.
        message: String,
    },
}

/// What the catalogue says of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CatalogueEntry {
    /// It exists.
    Known {
        /// Which.
        model: ModelRef,
        /// US dollars a million input tokens.
        input_usd: f64,
        /// US dollars a million output tokens.
        output_usd: f64,
        /// The context window in tokens; 0 when unknown.
        context_tokens: u32,
    },
    /// It does not.
    Unknown {
        /// Which.
        model: ModelRef,
        /// Full names (`provider/model`) that look alike, at most three.
        similar: Vec<String>,
    },
}
