//! What is taken out, and what must stay. No whole secret stands in this file, so that no scanner of
//! secrets takes it for one: each is put together from its prefix and a random text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Redactor;
use crate::effect::Outcome;
use crate::effect::file::FileOutcome;
use crate::effect::process::ProcessOutcome;
use crate::event::Event;
use crate::ids::EffectId;

const RANDOM: &str = "a8Kd03mfQz71LpXw5TnVb2Rc9YhGs4JuE6oiMqZtWyNx7BvCkDfHgPlS1A0e8R3u5I2T";
const HEX: &str = "0f3a9c5e7d1b284640f3a9c5e7d1b28464a1b2c3d4e5f60718293a4b5c6d7e8f90";

fn redact(text: &str) -> String {
    Redactor::default().redact(text).into_owned()
}

fn with(variables: &[(&str, &str)]) -> Redactor {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Redactor::new(&variables.collect())
}

/// Every shape, with the text it has around it and the kind that stands in its place.
fn shapes() -> Vec<(String, &'static str)> {
    let upper = RANDOM.to_ascii_uppercase();
    let simple = |prefix: &str, length: usize| format!("{prefix}{}", &RANDOM[..length]);
    vec![
        (format!("{}{}", "AKIA", &upper[..16]), "AWS key"),
        (format!("{}{}", "ASIA", &upper[..16]), "AWS key"),
        (simple("ghp_", 36), "GitHub token"),
        (simple("ghs_", 36), "GitHub token"),
        (simple("github_pat_", 60), "GitHub token"),
        (simple("glpat-", 20), "GitLab token"),
        (simple("xoxb-", 44), "Slack token"),
        (simple("xapp-", 44), "Slack token"),
        (simple("hooks.slack.com/services/T0/B0/", 36), "Slack token"),
        (simple("AIza", 35), "Google key"),
        (simple("GOCSPX-", 28), "Google key"),
        (simple("sk_live_", 24), "Stripe key"),
        (simple("rk_test_", 24), "Stripe key"),
        (simple("sk-ant-api03-", 60), "Anthropic key"),
        (simple("sk-proj-", 60), "OpenAI key"),
        (simple("sk-", 48), "API key"),
        (format!("{}{}", "sk-or-v1-", &HEX[..64]), "API key"),
        (simple("npm_", 36), "registry token"),
        (format!("eyJ{}.eyJ{}.{}", &RANDOM[..20], &RANDOM[20..50], &RANDOM[..43]), "JWT"),
        (pem("\n"), "private key"),
    ]
}

/// A private key with these line breaks.
fn pem(newline: &str) -> String {
    let body = [&RANDOM[..64], &RANDOM[..64], &RANDOM[..11]].join(newline);
    let key = "PRIVATE KEY-----";
    format!("-----BEGIN RSA {key}{newline}{body}={newline}-----END RSA {key}")
}

#[test]
fn every_shape_is_taken_out() {
    for (secret, kind) in shapes() {
        for (before, after) in
            [("", ""), ("x = '", "';"), ("+", "\n"), ("(", ")"), ("{\"a\":\"\\n", "\\n\"}")]
        {
            assert_eq!(
                redact(&format!("{before}{secret}{after}")),
                format!("{before}[redacted: {kind}]{after}")
            );
        }
    }
}

#[test]
fn what_stands_before_a_secret_stays() {
    let key = &RANDOM[..40];
    let rows = [
        (format!("Authorization: Bearer {key}"), "Authorization: Bearer [redacted: bearer token]"),
        (
            format!("{{\"authorization\":\"bearer {key}\"}}"),
            "{\"authorization\":\"bearer [redacted: bearer token]\"}",
        ),
        (format!("authorization = 'Basic {key}'"), "authorization = 'Basic [redacted: basic credentials]'"),
        (format!("AWS_SECRET_ACCESS_KEY={key}"), "AWS_SECRET_ACCESS_KEY=[redacted: AWS key]"),
        (format!("secretAccessKey: \"{key}\","), "secretAccessKey: \"[redacted: AWS key]\","),
        ("https://me:hunter2@host/x?a=b@c".to_owned(), "https://me:[redacted: password]@host/x?a=b@c"),
        ("redis://:p@ss@localhost:6379".to_owned(), "redis://:[redacted: password]@localhost:6379"),
    ];
    for (text, expected) in rows {
        assert_eq!(redact(&text), expected);
    }
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    let base64 =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    let harmless = [
        "commit 7238b20f3a9c5e7d1b284640f3a9c5e7d1b28464",
        "123e4567-e89b-12d3-a456-426614174000",
        "sha512-oIEzuDG8xVnJrQ==",
        "sha256:0f3a9c5e7d1b284640f3a9c5e7d1b28464a1b2c3d4e5f60718293a4b5c6d7e8f90",
        base64,
        "a key begins with sk- or with ghp_, glpat- and AKIA",
        "the disk-0f3a9c5e7d1b284640f3a9c5e7d1b28464 and the task-sk-learn-contrib-and-more-words-than-that",
        "risk_live_0f3a9c5e7d1b284640f3",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-ant-your-key-goes-here-without-any-digit-in-it",
        "Authorization: Bearer <token>",
        "Authorization: Bearer ${TOKEN}",
        "the bearer internationalizations",
        "a bearer token is sent",
        "Basic authentication",
        "basic dXNlcjpwYXNzMTIzNDU2",
        "https://example.com:8080/a@b",
        "https://${USER}:${TOKEN}@host",
        "https://me:***@host",
        "postgres://shop:shop@localhost:5432/shop",
        "mysql://root:secret@db/test",
        "redis://:@host",
        "git@github.com:a/b",
        "http://localhost:3000/@scope/name",
        "ssh://git@host:22/x",
        "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----",
        "if text.starts_with(\"-----BEGIN PRIVATE KEY-----\") { return parse_the_private_key(text); }",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ9.foo.bar",
        "xoxb-",
        "[redacted: nothing of ours]",
        "-----------------------------",
        "://:@",
        "Ünïcödé 🦀 \u{0} ://",
        "",
    ];
    let redactor = with(&[("API_TOKEN", "a-value-that-is-nowhere")]);
    for text in harmless {
        assert!(
            matches!(redactor.redact(text), Cow::Borrowed(same) if same == text),
            "{text}: {}",
            redact(text)
        );
    }
}

#[test]
fn a_key_is_taken_out_however_it_is_broken() {
    for newline in ["\n", "\r\n", "\\n", "\\r\\n", " ", "\n+", "\n-", "\n ", "\",\n  \"", "\" +\n  \""] {
        let text = format!("before\n{}\nafter", pem(newline));
        assert_eq!(redact(&text), "before\n[redacted: private key]\nafter", "{newline:?}");
    }
    let fields = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F3A9C5E7D1B28464A1B2C3D4E5F6071\n\n";
    assert_eq!(redact(&pem("\n").replacen('\n', fields, 1)), "[redacted: private key]");
}

#[test]
fn a_cut_key_is_taken_out_as_far_as_it_goes() {
    let key = pem("\n");
    let lines: Vec<&str> = key.lines().collect();
    assert_eq!(redact(&lines[1..].join("\n")), "[redacted: private key]");
    assert_eq!(redact(&format!("log\n{}", lines[2..].join("\n"))), "log\n[redacted: private key]");
    assert_eq!(redact(&lines[..3].join("\n")), "[redacted: private key]");
    assert_eq!(redact(&lines[..4].join("\n")), "[redacted: private key]");
    assert_eq!(
        redact(&format!("{}\nand then prose", lines[..3].join("\n"))),
        "[redacted: private key]\nand then prose"
    );
}

#[test]
fn values_of_the_environment_are_taken_out_by_name() {
    let redactor = with(&[
        ("DEPLOY_TOKEN", " correct horse \n"),
        ("SESSION_SECRET", "correct horse battery"),
        ("SHORT_TOKEN", "abc"),
        ("HOME", "/home/somebody"),
        ("SECRET_FILE", "/run/secrets/api"),
        ("npm_config_//registry/:_authToken", "0123456789ab"),
        ("PASSWORD", "pässwörter-ß"),
    ]);
    let text = "correct horse, correct horse battery; abc in /home/somebody, /run/secrets/api: 0123456789abc pässwörter-ß!";
    assert_eq!(
        redactor.redact(text),
        "[redacted: DEPLOY_TOKEN], [redacted: SESSION_SECRET]; abc in /home/somebody, /run/secrets/api: \
         [redacted: environment]c [redacted: PASSWORD]!"
    );
}

#[test]
fn secrets_that_overlap_go_together() {
    let redactor = with(&[
        ("A_TOKEN", "aaaa-bbbb-cccc"),
        ("B_TOKEN", "cccc-dddd-eeee"),
        ("C_TOKEN", "auth Bearer a8Kd03"),
    ]);
    assert_eq!(redactor.redact("<aaaa-bbbb-cccc-dddd-eeee>"), "<[redacted: A_TOKEN]>");
    assert_eq!(redactor.redact(&format!("<auth Bearer {}>", &RANDOM[..30])), "<[redacted: C_TOKEN]>");
    assert_eq!(
        redactor.redact(&format!("<aaaa-bbbb-cccc{}{}>", "sk-", &RANDOM[..40])),
        "<[redacted: A_TOKEN][redacted: API key]>"
    );
}

#[test]
fn a_known_token_is_called_by_the_name_of_its_variable() {
    let token = format!("{}{}", "ghp_", &RANDOM[..36]);
    let redactor = with(&[("GITHUB_TOKEN", &token)]);
    assert_eq!(redactor.redact(&format!("token {token}")), "token [redacted: GITHUB_TOKEN]");
}

/// What is read from a file of the person is written back: it stays as it is.
#[test]
fn what_is_said_is_redacted_and_what_is_read_is_not() {
    let token = format!("{}{}", "ghp_", &RANDOM[..36]);
    let redacted = |outcome: Outcome| {
        let mut event = Event::Resolved { id: EffectId(1), outcome };
        Redactor::new(&BTreeMap::new()).redact_event(&mut event);
        serde_json::to_string(&event).unwrap()
    };
    let said = ProcessOutcome::Exited { code: 0, duration_ms: 1, tail: token.clone() };
    assert!(!redacted(Outcome::Process(said)).contains(&token));
    let read = FileOutcome::Read { text: token.clone(), hash: String::new() };
    assert!(redacted(Outcome::File(read)).contains(&token));
}
