//! What went wrong in a session, whose fault it was and what helps: OpenCode's errors as classes.

use serde::{Deserialize, Serialize};

use super::backoff::WAIT_MS_MAX;
use super::words::{Words, named_wait_ms};
use crate::effect::session::{SessionOutcome, Trouble};

/// The kinds of trouble that a session can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleClass {
    /// Too many requests for the moment.
    RateLimited,
    /// What was paid for is used up; waiting helps only in hours or days, or not at all.
    Quota,
    /// The provider is down or has too much to do.
    Overloaded,
    /// The provider could not be reached.
    Network,
    /// The key, the model, the agent or the request is not accepted: the same would be refused again.
    Refused,
    /// The provider's filter stopped the answer.
    ContentFilter,
    /// The session outgrew what the model can read.
    ContextOverflow,
    /// The answer stopped without a finish reason.
    BadStream,
    /// The answer was cut off at the model's limit.
    Truncated,
    /// Nothing was heard for too long.
    Silent,
    /// Not the provider but the host failed.
    Host,
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Another attempt later.
    Wait,
    /// Nothing for hours: the provider is left alone.
    Park,
    /// A person.
    Stop,
    /// Another attempt that does it differently.
    Again,
}

/// What a session's trouble is, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Its kind.
    pub class: TroubleClass,
    /// How long the provider asks to wait, in milliseconds.
    pub retry_ms: Option<u64>,
}

impl TroubleClass {
    /// What helps.
    pub fn remedy(self) -> Remedy {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::Network
            | Self::BadStream
            | Self::Silent
            | Self::Host => Remedy::Wait,
            Self::Quota => Remedy::Park,
            Self::Refused => Remedy::Stop,
            Self::ContentFilter | Self::ContextOverflow | Self::Truncated => Remedy::Again,
        }
    }

    /// Whether the attempt counts: what the agent could do differently does, the rest does not.
    pub fn counts(self) -> bool {
        self.remedy() == Remedy::Again
    }

    /// Whether it tells something of the provider's health.
    pub fn is_of_provider(self) -> bool {
        matches!(self.remedy(), Remedy::Wait | Remedy::Park) && self != Self::Host
    }

    /// Two or three words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::RateLimited => "rate limit",
            Self::Quota => "quota used up",
            Self::Overloaded => "overloaded",
            Self::Network => "not reachable",
            Self::Refused => "refused",
            Self::ContentFilter => "content filter",
            Self::ContextOverflow => "context too long",
            Self::BadStream => "broken answer",
            Self::Truncated => "answer cut off",
            Self::Silent => "silent",
            Self::Host => "trouble of the host",
        }
    }
}

/// Statuses at which a message may speak of money: 400 and 403 are used for it too.
const QUOTA_STATUSES: [Option<u16>; 4] = [None, Some(400), Some(403), Some(429)];
/// Words that speak of what was paid for, of OpenAI, Anthropic, Google, DeepSeek, OpenRouter, xAI, Z.AI,
/// GitHub Copilot and of subscriptions.
const QUOTA: &[&str] = &[
    "quota",
    "billing",
    "credits",
    "credit balance",
    "out of credit",
    "insufficient balance",
    "insufficient funds",
    "usage limit",
    "usage limits",
    "spending limit",
    "spend limit",
    "weekly limit",
    "monthly limit",
    "payment required",
    "recharge",
];
/// Words of a limit that is over within minutes; they win, for such messages often end with a link
/// to the page on billing, and Google calls a limit for a minute a quota.
const SHORT: &[&str] =
    &["per minute", "per min", "per second", "rpm", "tpm", "e g check quota", "check quota"];
/// Words of a rate limit, where no status tells.
const RATE: &[&str] = &["rate limit", "ratelimit", "too many requests", "rate increased too quickly"];
const OVERFLOW: &[&str] = &[
    "context length",
    "context window",
    "context limit",
    "maximum context",
    "context length exceeded",
    "prompt is too long",
    "input is too long",
    "exceeds the maximum number of tokens",
    "reduce the length",
];
const FILTER: &[&str] = &[
    "content filter",
    "content filtering",
    "content management policy",
    "content policy",
    "content moderation",
    "prohibited content",
    "responsible ai policy",
];
const REFUSED: &[&str] = &[
    "model not found",
    "unknown model",
    "no such model",
    "provider not found",
    "agent not found",
    "unknown agent",
    "no such agent",
    "api key",
    "unauthorized",
    "authentication",
];
const NETWORK: &[&str] = &[
    "econnrefused",
    "econnreset",
    "etimedout",
    "enotfound",
    "eai again",
    "getaddrinfo",
    "epipe",
    "fetch failed",
    "failed to fetch",
    "unable to connect",
    "connection refused",
    "connection lost",
    "connection error",
    "connection closed",
    "network error",
    "socket hang up",
    "socket connection was closed",
    "other side closed",
    "terminated",
    "timed out",
    "timeout",
];
const OVERLOADED: &[&str] = &[
    "overloaded",
    "unavailable",
    "server error",
    "internal error",
    "at capacity",
    "capacity exceeded",
    "exhausted",
    "try again later",
    "bad gateway",
    "provider returned error",
];

/// What an error is.
pub fn of_error(name: &str, status: Option<u16>, message: &str) -> Diagnosis {
    let retry_ms = named_wait_ms(message);
    let words = Words::of(message);
    let class = of_name(name).unwrap_or_else(|| of_words(name, status, &words, retry_ms));
    Diagnosis { class, retry_ms }
}

/// Errors that OpenCode and this plugin's host half name.
fn of_name(name: &str) -> Option<TroubleClass> {
    Some(match name {
        "ContextOverflowError" => TroubleClass::ContextOverflow,
        "ContentFilterError" => TroubleClass::ContentFilter,
        "MessageOutputLengthError" => TroubleClass::Truncated,
        "ProviderAuthError" | "ProviderModelNotFoundError" | "ProviderInitError" => TroubleClass::Refused,
        "HostTimeout" | "NotFoundError" => TroubleClass::Host,
        _ => return None,
    })
}

fn of_words(name: &str, status: Option<u16>, words: &Words, retry_ms: Option<u64>) -> TroubleClass {
    let is_request = matches!(status, None | Some(400 | 413 | 422));
    if is_request && words.have(OVERFLOW) {
        return TroubleClass::ContextOverflow;
    }
    if is_request && words.have(FILTER) {
        return TroubleClass::ContentFilter;
    }
    if QUOTA_STATUSES.contains(&status) && words.have(QUOTA) {
        let is_short = words.have(SHORT) || retry_ms.is_some_and(|ms| ms <= WAIT_MS_MAX);
        return if is_short { TroubleClass::RateLimited } else { TroubleClass::Quota };
    }
    // Only an error of the provider says with its status what the provider thinks of the request.
    let is_provider = matches!(name, "APIError" | "AI_APICallError");
    match status {
        Some(402) => TroubleClass::Quota,
        Some(429) => TroubleClass::RateLimited,
        Some(413) if is_provider => TroubleClass::ContextOverflow,
        Some(408 | 425 | 499) => TroubleClass::Network,
        Some(400..=499) if is_provider => TroubleClass::Refused,
        Some(500..=599) if is_provider => TroubleClass::Overloaded,
        _ if words.have(RATE) => TroubleClass::RateLimited,
        _ if words.have(REFUSED) => TroubleClass::Refused,
        _ if words.have(NETWORK) => TroubleClass::Network,
        _ if words.have(OVERLOADED) || is_provider => TroubleClass::Overloaded,
        _ => TroubleClass::Host,
    }
}

/// What the message of a retry is, which the host announces without a status.
pub fn of_retry(message: &str) -> TroubleClass {
    let diagnosis = of_error("APIError", None, message);
    // The host tries again only what may pass.
    if diagnosis.class.is_of_provider() { diagnosis.class } else { TroubleClass::Overloaded }
}

/// What was wrong with an ask that ended; `None` when it ended well, was stopped, ran into its
/// deadline, or an answer was denied to its agent.
pub fn of_end(outcome: &SessionOutcome) -> Option<Diagnosis> {
    let plain = |class| Some(Diagnosis { class, retry_ms: None });
    match outcome {
        SessionOutcome::Answered { finish, .. } => match finish.as_deref() {
            Some("stop" | "tool-calls") => None,
            Some("length") => plain(TroubleClass::Truncated),
            Some("content-filter") => plain(TroubleClass::ContentFilter),
            _ => plain(TroubleClass::BadStream),
        },
        SessionOutcome::Failed { trouble: Trouble::Error { name, status, message }, .. } => {
            Some(of_error(name, *status, message))
        }
        SessionOutcome::Failed { trouble: Trouble::Silent, .. } => plain(TroubleClass::Silent),
        _ => None,
    }
}

/// The finish reason of a turn in which the host only summed the session up, because it grew too long.
pub const SUMMARY: &str = "summary";

/// Whether a model turn ended as one should.
pub fn is_good_finish(finish: Option<&str>) -> bool {
    matches!(finish, Some("stop" | "tool-calls" | "length" | "content-filter"))
}

/// What a person can do about a refusal.
pub fn advice(name: &str, status: Option<u16>, message: &str) -> &'static str {
    let words = Words::of(message);
    if words.have(&["agent not found", "unknown agent", "no such agent"]) {
        "Look whether your OpenCode configuration disables or replaces this plugin's agents."
    } else if matches!(status, Some(401 | 403))
        || name == "ProviderAuthError"
        || words.have(&["api key", "unauthorized", "authentication"])
    {
        "`opencode auth login` sets the key; look also whether it may use this model."
    } else if status == Some(404) || words.have(&["model not found", "unknown model", "no such model"]) {
        "`opencode models` lists the models there are; set options.models or `model` to one of them."
    } else {
        "Look at the model's settings in your OpenCode configuration."
    }
}

#[cfg(test)]
mod tests;
