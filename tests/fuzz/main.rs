//! Texts from outside that are nearly right: files a person edited, journals a disk damaged, answers of
//! agents. The promises are in `fuzz/bodies.rs`, so that a fuzzer can look for longer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../../fuzz/bodies.rs"]
mod bodies;
mod mutate;

use proptest::prelude::*;

use mutate::{mutated, mutations};

const JOURNAL: &str = include_str!("../fixtures/journal-v1.jsonl");
const HEAD: &str = include_str!("../fixtures/journal-v1.head");

const BACKLOG: &str = r#"version: "1.0"
track_id: links-that-expire-5f3a10
revision: 7
created_at: "2026-01-01T00:00:00Z"
tasks:
  - id: T01
    title: Tell when a link has expired
    description: |-
      Add isExpired(link, now).

      Keep it small.
    type: code
    status: completed
    depends_on: []
    acceptance:
      - isExpired is true from the moment the time to live is over
    scope:
      files_hint: [src/expiry.js, "test/*.test.js"]
      estimated_hours: 1.5
    context:
      constraints: ["No dependencies"]
      patterns: []
      gotchas: ["Time: milliseconds"]
    attempts: 1
    lastAttempt: "2026-01-02T00:00:00Z"
  - id: T02
    title: Refuse links that have expired
    description: Use it.
    status: pending
    depends_on: [T01]
    acceptance: [It answers 410, "It answers \"gone\""]
    scope: { files_hint: [src/server.js] }
    attempts: 0
  - id: t-3
    title: Say so in the README
    description: "A line."
    type: documentation
    status: failed
    depends_on:
      - T01
      - T02
    acceptance: ['It is there']
    scope:
      files_hint:
        - README.md
    error: "gate: failed"
"#;

const TEMPLATE: &str = include_str!("../../templates/bugfix.yaml");

const REPLIES: [&str; 4] = [
    "It is fine.\n\n```yaml\nverdict: approved\nissues: []\n```\n",
    "```yaml\nverdict: changes_requested\nissues:\n  - \"src/a.js: round it\"\n  - 'Test: none'\n```",
    "# Specification\n\n## Requirements\n\n- One\n\n## Acceptance Criteria\n\nIt works.\n\n## Constraints\n\nNone.\n\n## Open Questions\n\n```js\n# no heading\n```\n",
    "Here it is:\n\n````markdown\n# Architecture\n\n## 1. Design Overview\n\nA module.\n\n## Components\n\n### Store\n\n```\nx\n```\n````\nDone.",
];

/// Secrets are put together here, so that no scanner takes this file for a leak.
fn log() -> String {
    let token = format!("{}{}", "ghp_", "a8Kd03mfQz71LpXw5TnVb2Rc9YhGs4JuE6oi");
    let jwt = format!("{0}hbGciOiJIUzI1NiJ9.{0}zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "eyJ");
    let key = "PRIVATE KEY-----";
    let line = "MC4CAQAwBQYDK2VwBCIEIa8Kd03mfQz71LpXw5TnVb2Rc9YhGs4JuE6oiMqZtWyN";
    format!(
        "GET https://me:hunter2@host/a\nAuthorization: Bearer {jwt}\ntoken {token}; {0}\n-----BEGIN {key}\n{line}\n-----END {key}\n\
         commit 7238b20f3a9c5e7d1b284640f3a9c5e7d1b28464\n",
        bodies::SECRET
    )
}

proptest! {
    #[test]
    fn a_backlog_is_sound_or_refused(changes in mutations(BACKLOG.len())) {
        let text = mutated(BACKLOG, &changes);
        bodies::backlog(&text);
        bodies::backlog(&format!("Here.\n```yaml\n{text}```\n"));
    }

    #[test]
    fn a_journal_is_whole_or_refused(lines in 1..6_usize, changes in mutations(2_000)) {
        let text: String = JOURNAL.split_inclusive('\n').take(lines).collect();
        bodies::journal(&mutated(&format!("{HEAD}{text}"), &changes));
    }

    #[test]
    fn a_text_is_redacted_once_and_for_all(changes in mutations(600)) {
        bodies::redact(&mutated(&log(), &changes));
    }

    #[test]
    fn a_reply_is_read_or_refused(which in 0..REPLIES.len(), changes in mutations(200)) {
        bodies::reply(&mutated(REPLIES[which], &changes));
    }

    #[test]
    fn a_template_is_filled_in_or_refused(changes in mutations(TEMPLATE.len()), value in any::<String>()) {
        let text = mutated(TEMPLATE, &changes);
        bodies::template(&text);
        bodies::template(&format!("{}\u{0}{value}", text.replace('\u{0}', "")));
    }

    #[test]
    fn any_text_at_all_is_survived(text in any::<String>()) {
        bodies::backlog(&text);
        bodies::journal(&text);
        bodies::redact(&text);
        bodies::reply(&text);
        bodies::template(&text);
    }
}

#[test]
fn what_is_mutated_is_fine_to_begin_with() {
    assert!(multi_agent_coder::backlog::parse(BACKLOG).is_ok());
    for reply in &REPLIES[..2] {
        assert!(multi_agent_coder::review::parse_verdict(reply).is_ok());
    }
    bodies::journal(&format!("{HEAD}{JOURNAL}"));
}
