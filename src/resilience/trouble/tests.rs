use super::*;
use crate::effect::session::Usage;
use proptest::prelude::*;

use TroubleClass::{
    BadStream, ContentFilter, ContextOverflow, Host, Network, Overloaded, Quota, RateLimited, Refused,
    Silent, Truncated,
};

/// Errors as providers word them, the wording changed and shortened: status, message, class.
#[rustfmt::skip]
const SAMPLES: &[(Option<u16>, &str, TroubleClass)] = &[
    // Limits for a moment.
    (Some(429), "slow down", RateLimited),
    (Some(429), "Rate limit reached for gpt-x on tokens per min (TPM): Limit 30000, Used 29100. Please try again in 2.1s. See https://x.example/account/billing.", RateLimited),
    (Some(429), "Rate limit reached for requests. Limit: 3 / min. Try again in 20s. Add a payment method at https://x.example/billing to get more.", RateLimited),
    (Some(429), "This request would exceed the rate limit of 40,000 input tokens per minute of your organization", RateLimited),
    (Some(429), "rate_limit_error: tokens of the last minute exceed your per-minute rate limit", RateLimited),
    (Some(429), "You exceeded your current quota, check plan and billing details. * Quota exceeded for metric: free_tier_requests, limit: 20. Please retry in 36.43s.", RateLimited),
    (Some(429), "Resource has been exhausted (e.g. check quota).", RateLimited),
    (Some(429), "Resource exhausted. Please try again later.", RateLimited),
    (Some(429), "Requests have exceeded the call rate limit of your pricing tier. Please retry after 26 seconds.", RateLimited),
    (Some(429), "Service tier capacity exceeded for this model.", RateLimited),
    (Some(429), "Too many tokens, please wait before trying again.", RateLimited),
    (None, "Too Many Requests", RateLimited),
    (None, "rate_limit_exceeded: please retry after a brief wait", RateLimited),
    // What was paid for is used up.
    (Some(429), "You exceeded your current quota, please check your plan and billing details.", Quota),
    (Some(429), "insufficient_quota", Quota),
    (Some(429), "The usage limit has been reached", Quota),
    (Some(429), "You have exceeded the monthly usage quota. It will reset at 2026-08-29 23:59:59.", Quota),
    (Some(429), "Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 22m16s. Need more tokens? Upgrade at https://x.example/settings/billing", Quota),
    (Some(429), "Insufficient balance or no resource package. Please recharge.", Quota),
    (Some(429), "Weekly limit reached", Quota),
    (Some(400), "Your credit balance is too low to access the API. Go to Plans & Billing to buy credits.", Quota),
    (Some(400), "Billing hard limit has been reached", Quota),
    (Some(402), "Insufficient Balance", Quota),
    (Some(402), "This request requires more credits, or fewer max_tokens.", Quota),
    (Some(402), "", Quota),
    (Some(403), "Your team has used all available credits or reached its monthly spending limit.", Quota),
    (None, "Quota exceeded for 'Requests per day per user'", Quota),
    // Down.
    (Some(500), "Internal server error", Overloaded),
    (Some(502), "", Overloaded),
    (Some(503), "The model is overloaded. Please try again later.", Overloaded),
    (Some(529), "Overloaded", Overloaded),
    (None, "Provider returned error", Overloaded),
    (None, "something odd in the middle of a stream", Overloaded),
    (Some(408), "", Network),
    (None, "Unable to connect. Is the computer able to access the url?", Network),
    (None, "connect ECONNREFUSED 127.0.0.1:11434", Network),
    (None, "TypeError: fetch failed", Network),
    (None, "The socket connection was closed unexpectedly", Network),
    // Not accepted.
    (Some(401), "Incorrect API key provided: sk-…", Refused),
    (Some(401), "invalid x-api-key", Refused),
    (Some(403), "Your organization does not have access to this model", Refused),
    (Some(404), "The model `gpt-9` does not exist", Refused),
    (Some(400), "temperature: must be at most 1", Refused),
    (Some(422), "tools.0: unknown field", Refused),
    (None, "Model not found: acme/gigantic. Did you mean: acme/large?", Refused),
    (None, "Agent not found: \"implementer\"", Refused),
    (None, "OpenAI API key is missing. Pass it using the 'apiKey' parameter", Refused),
    // What the agent can do differently.
    (Some(400), "This model's maximum context length is 131072 tokens, but 139162 were requested. Reduce the length of the messages.", ContextOverflow),
    (Some(400), "prompt is too long: 209000 tokens > 200000 maximum", ContextOverflow),
    (Some(400), "The input token count (1200000) exceeds the maximum number of tokens allowed", ContextOverflow),
    (Some(413), "Request exceeds the maximum size", ContextOverflow),
    (None, "Your input exceeds the context window of this model.", ContextOverflow),
    (Some(400), "The response was filtered due to the prompt triggering the content management policy", ContentFilter),
    (Some(400), "Output blocked by content filtering policy", ContentFilter),
];

#[test]
fn providers_are_understood() {
    for (status, message, class) in SAMPLES {
        assert_eq!(of_error("APIError", *status, message).class, *class, "{status:?} {message}");
    }
}

#[test]
fn the_hosts_own_errors_are_no_trouble_of_a_provider() {
    for (name, status, message, class) in [
        ("ProviderAuthError", None, "no key", Refused),
        ("ProviderModelNotFoundError", None, "", Refused),
        ("ContextOverflowError", None, "", ContextOverflow),
        ("ContentFilterError", Some(200), "", ContentFilter),
        ("MessageOutputLengthError", None, "", Truncated),
        ("UnknownError", None, "Agent not found: \"planner-qa\". Available: build, plan", Refused),
        ("UnknownError", None, "fetch failed", Network),
        ("UnknownError", None, "Overloaded", Overloaded),
        ("UnknownError", None, "undefined is not an object", Host),
        ("HostTimeout", None, "OpenCode did not answer POST /session within 30 s: timeout", Host),
        ("NotFoundError", Some(404), "Session not found: ses_1", Host),
        ("Error", Some(404), "Session not found: ses_1", Host),
        ("Error", Some(400), "invalid body", Host),
        ("UnknownError", Some(500), "ENOSPC: no space left on device", Host),
        ("NoAnswer", None, "OpenCode accepted a text for implementer and never began to work on it", Host),
    ] {
        assert_eq!(of_error(name, status, message).class, class, "{name} {status:?} {message}");
    }
}

#[test]
fn the_time_that_is_asked_for_is_kept() {
    let of = |message| of_error("APIError", Some(429), message).retry_ms;
    assert_eq!(of("Please try again in 20s."), Some(20_000));
    assert_eq!(of("The usage limit has been reached, resets in 3 hours"), Some(10_800_000));
    assert_eq!(of("slow down"), None);
}

#[test]
fn ends_of_asks_are_judged() {
    let usage = Usage::default();
    let answered = |finish: Option<&str>| SessionOutcome::Answered {
        text: String::new(),
        text_bytes: 0,
        finish: finish.map(str::to_owned),
        usage,
        stored: Vec::new(),
    };
    for (finish, class) in [
        (Some("stop"), None),
        (Some("tool-calls"), None),
        (Some("length"), Some(Truncated)),
        (Some("content-filter"), Some(ContentFilter)),
        (Some("unknown"), Some(BadStream)),
        (Some("error"), Some(BadStream)),
        (None, Some(BadStream)),
    ] {
        assert_eq!(of_end(&answered(finish)).map(|end| end.class), class, "{finish:?}");
    }
    let failed = |trouble| of_end(&SessionOutcome::Failed { trouble, usage }).map(|end| end.class);
    assert_eq!(failed(Trouble::Silent), Some(Silent));
    assert_eq!(failed(Trouble::Deadline), None);
    let error = Trouble::Error { name: "APIError".into(), status: Some(503), message: String::new() };
    assert_eq!(failed(error), Some(Overloaded));
    assert_eq!(of_end(&SessionOutcome::Aborted { usage }), None);
}

#[test]
fn a_retry_of_the_host_is_never_final() {
    for (message, class) in [
        ("Rate limited", Overloaded),
        ("Too Many Requests", RateLimited),
        ("insufficient_quota", Quota),
        ("invalid api key", Overloaded),
        ("Provider is overloaded", Overloaded),
    ] {
        assert_eq!(of_retry(message), class, "{message}");
    }
}

#[test]
fn only_what_the_agent_can_do_differently_counts() {
    for class in [RateLimited, Quota, Overloaded, Network, Refused, BadStream, Silent, Host] {
        assert!(!class.counts(), "{class:?}");
    }
    for class in [ContentFilter, ContextOverflow, Truncated] {
        assert!(class.counts() && !class.is_of_provider(), "{class:?}");
    }
    assert!(Quota.is_of_provider() && !Refused.is_of_provider() && !Host.is_of_provider());
}

#[test]
fn advice_fits_the_refusal() {
    for (name, status, message, advised) in [
        ("APIError", Some(401), "no", "auth login"),
        ("ProviderAuthError", None, "no", "auth login"),
        ("APIError", Some(404), "no", "opencode models"),
        ("UnknownError", None, "Model not found: a/b", "opencode models"),
        ("UnknownError", None, "Agent not found: \"implementer\"", "disables or replaces"),
        ("APIError", Some(400), "bad temperature", "settings"),
    ] {
        assert!(advice(name, status, message).contains(advised), "{name} {status:?}");
    }
}

proptest! {
    #[test]
    fn any_error_has_a_class(name in "\\PC{0,20}", status in proptest::option::of(any::<u16>()), message in "\\PC{0,200}") {
        let diagnosis = of_error(&name, status, &message);
        prop_assert!(diagnosis.retry_ms != Some(0));
        prop_assert_eq!(diagnosis, of_error(&name, status, &message));
    }

    #[test]
    fn a_server_error_never_ends_a_run(status in 500u16..600, message in "[a-z ]{0,80}") {
        let class = of_error("APIError", Some(status), &message).class;
        prop_assert_eq!(class, Overloaded);
    }
}
