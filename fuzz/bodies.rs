//! What must hold for any text that comes from outside. `cargo test --test fuzz` tries texts that are
//! drawn near valid ones; `cargo fuzz run <target>` (see README.md here) searches for as long as you like.

use std::collections::{BTreeMap, BTreeSet};

use multi_agent_coder::backlog::{Backlog, Problem, parse, parse_draft, render, validate};
use multi_agent_coder::event::{Event, Stamped};
use multi_agent_coder::ids::SessionId;
use multi_agent_coder::journal::Journal;
use multi_agent_coder::plan::{Planner, clean_document, merge, missing_sections};
use multi_agent_coder::redact::Redactor;
use multi_agent_coder::review::{Verdict, parse_verdict};

/// A value of the environment that is looked for in texts.
pub const SECRET: &str = "a-secret-value-of-the-person";

/// A backlog keeps every rule and reads back the same, or is refused with sentences.
pub fn backlog(text: &str) {
    match parse(text) {
        Ok(backlog) => {
            assert_eq!(validate(&backlog.tasks), []);
            assert_sound(&backlog);
            assert_eq!(parse(&render(&backlog)), Ok(backlog));
        }
        Err(problems) => assert_told(&problems),
    }
    match parse_draft(text) {
        Ok(tasks) => assert_eq!(validate(&tasks), []),
        Err(problems) => assert_told(&problems),
    }
}

/// A template is filled in with data, or refused with sentences; what it makes keeps every rule.
pub fn template(text: &str) {
    let (text, value) = text.split_once('\u{0}').unwrap_or((text, "{{A}}\n- id: \"x\""));
    let template = match multi_agent_coder::template::parse(text) {
        Ok(template) => template,
        Err(problems) => return assert_told(&problems),
    };
    let values = template.variables.iter().map(|variable| (variable.name.clone(), value.to_owned()));
    match template.fill(&values.collect::<Vec<_>>()) {
        Ok(filled) => {
            assert_eq!(validate(&filled.tasks), []);
            assert_eq!(filled.limits.problems(&filled.tasks), []);
        }
        Err(misfits) => assert!(misfits.iter().all(|misfit| !misfit.to_string().is_empty())),
    }
}

/// The rules that work and git depend on, checked in another way than the parser does.
fn assert_sound(backlog: &Backlog) {
    let is_word = |id: &str| {
        !id.is_empty()
            && !id.starts_with(['-', '_'])
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let track = backlog.track_id.as_str();
    assert!(is_word(track) && track.len() <= 48, "{track:?}");
    let mut ids = BTreeSet::new();
    for task in &backlog.tasks {
        let id = task.id.as_str();
        assert!(is_word(id) && id.len() <= 32, "{id:?}");
        assert!(ids.insert(id.to_ascii_lowercase()), "{id} is there twice");
        assert!(!task.acceptance.is_empty() && !task.scope.files_hint.is_empty());
        assert!(task.scope.files_hint.iter().all(|hint| !hint.starts_with('/') && !hint.contains("..\\")));
    }
    // Without cycles, tasks whose dependencies are done can always be found until all are done.
    let mut done = BTreeSet::new();
    while done.len() < backlog.tasks.len() {
        let before = done.len();
        for task in &backlog.tasks {
            if task.depends_on.iter().all(|id| done.contains(id.as_str())) {
                done.insert(task.id.as_str());
            }
        }
        assert!(done.len() > before, "tasks wait for each other, or for one that is not there");
    }
}

fn assert_told(problems: &[Problem]) {
    assert!(!problems.is_empty());
    for problem in problems {
        let text = problem.to_string();
        assert!(!text.contains(char::is_control) && !problem.message.is_empty(), "{text:?}");
    }
}

/// A journal is read as far as it is whole, goes on from there, and is refused by its head otherwise.
/// The first line stands for the head file.
pub fn journal(text: &str) {
    let (head, text) = text.split_once('\n').unwrap_or(("", text));
    let head = format!("{head}\n");
    let with_head = Journal::open(text, Some(&head));
    let Ok(replay) = Journal::open(text, None) else {
        assert!(with_head.is_err(), "a head cannot mend a journal");
        return;
    };
    let valid = &text[..replay.valid_bytes];
    assert!(valid.is_empty() || valid.ends_with('\n'));
    // Records may hold events that nobody knows; the chain goes on all the same.
    let known = replay.events().filter(Result::is_ok).count();
    let mut journal = replay.journal;
    assert_eq!(journal.records(), valid.lines().count() as u64);
    let event = Stamped { at_ms: 1, event: Event::Cancelled { chat: SessionId("a".into()) } };
    let longer = format!("{valid}{}", journal.append(&event));
    let again = Journal::open(&longer, Some(&journal.head_record())).expect("what was just written");
    assert_eq!(again.valid_bytes, longer.len());
    assert_eq!(again.events().filter(Result::is_ok).count(), known + 1);
    assert_eq!(again.journal, journal);
}

/// Redacted twice is redacted once, no known secret stays, and a text without any is left alone.
pub fn redact(text: &str) {
    let redactor = Redactor::new(&BTreeMap::from([("MY_TOKEN".to_owned(), SECRET.to_owned())]));
    let once = redactor.redact(text);
    assert_eq!(redactor.redact(&once), once);
    assert!(!once.contains(SECRET));
    if once != text {
        assert!(once.contains("[redacted: "));
    }
}

/// What agents answer is read or refused with a sentence to send back.
pub fn reply(text: &str) {
    match parse_verdict(text) {
        Ok(Verdict::Approved) => {}
        Ok(Verdict::ChangesRequested { issues } | Verdict::Rebase { issues }) => {
            assert!(!issues.is_empty() && issues.iter().all(|issue| !issue.contains('\n')));
        }
        Err(sentence) => assert!(!sentence.is_empty()),
    }
    let document = clean_document(text);
    assert!(document.is_empty() || document.ends_with('\n'));
    for planner in Planner::ALL {
        assert!(missing_sections(planner, &document).len() <= planner.required().len());
    }
    let plan = merge(&document, text, &document);
    assert!(plan.starts_with("# Unified Plan\n") && plan.ends_with('\n'));
}
