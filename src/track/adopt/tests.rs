//! Which words of a file count, by its revision and what has changed since.

use super::*;
use crate::backlog::parse;
use crate::evidence::FailureClass;
use crate::ids::CommitId;

const READ: u64 = 10;

/// A file of these tasks: id, status, description, dependencies.
fn file(revision: Option<u64>, tasks: &[(&str, &str, &str, &str)]) -> Backlog {
    let revision = revision.map(|revision| format!("revision: {revision}\n")).unwrap_or_default();
    let mut text = format!("version: '1.0'\ntrack_id: cart\n{revision}created_at: now\ntasks:\n");
    for (id, status, description, depends_on) in tasks {
        text.push_str(&format!(
            "  - {{ id: {id}, title: A, description: {description}, status: {status}, depends_on: [{depends_on}], \
             acceptance: [a], scope: {{ files_hint: [a.rs] }} }}\n"
        ));
    }
    parse(&text).unwrap()
}

/// A known track of T01 to T03 at revision 13, where only T02 has changed since revision 10.
fn known(life: Life) -> Track {
    let tasks =
        [("T01", "pending", "one", ""), ("T02", "pending", "two", ""), ("T03", "pending", "three", "")];
    let (mut track, notes) = Track::adopt(None, file(Some(12), &tasks));
    assert_eq!(notes, Vec::<String>::new());
    track.touch(1);
    track.records[1].life = life;
    track.records[1].attempts = 2;
    track
}

fn merged() -> Life {
    Life::Merged { commit: CommitId::from("c0ffee") }
}

fn failed() -> Life {
    Life::Failed { class: FailureClass::Empty }
}

fn adopted(life: Life, read: Option<u64>, status: &str, description: &str) -> (Track, Vec<String>) {
    let tasks = [
        ("T01", "completed", "other", ""),
        ("T02", status, description, ""),
        ("T03", "pending", "three", ""),
    ];
    Track::adopt(Some(known(life)), file(read, &tasks))
}

#[test]
fn changes_are_counted_by_task() {
    let mut track = known(merged());
    assert_eq!((track.revision, track.records[0].revision, track.records[1].revision), (13, 0, 13));
    track.touch(2);
    assert_eq!((track.revision, track.records[2].revision), (14, 14));
    assert_eq!(track.snapshot(0).revision, Some(14));
}

#[test]
fn an_old_edit_of_merged_work_is_refused_and_its_neighbour_is_taken() {
    let (track, notes) = adopted(merged(), Some(READ), "pending", "altered");
    assert_eq!(
        notes,
        ["T02: your edit was not taken: it was made on revision 10, and T02 was merged in revision 13"]
    );
    assert_eq!(track.records[1].life, merged());
    assert_eq!(track.backlog.tasks[1].description, "two");
    assert_eq!(track.backlog.tasks[0].description, "other", "T01 has not changed since revision 10");
    assert_eq!(track.records[0].life, Life::Given, "so its status is a wish");
    assert_eq!(track.revision, 13);
}

/// Those that were known may name tasks that are gone, or make a cycle with what is new.
#[test]
fn dependencies_are_always_those_of_the_file() {
    let edited = file(Some(READ), &[("T02", "pending", "two", "T04"), ("T04", "pending", "four", "")]);
    let (track, notes) = Track::adopt(Some(known(merged())), edited);
    assert_eq!((track.waits_for(0), notes.len()), (vec![TaskId::from("T04")], 1));
    assert_eq!(parse(&crate::backlog::render(&track.snapshot(0))).map(|_| ()), Ok(()));
}

#[test]
fn a_status_that_is_older_than_the_failure_is_no_wish() {
    for (status, is_told) in
        [("completed", true), ("pending", true), ("in_progress", false), ("failed", false)]
    {
        let (track, notes) = adopted(failed(), Some(READ), status, "two");
        assert_eq!(track.records[1].life, failed(), "{status}");
        assert_eq!(notes.len(), usize::from(is_told), "{notes:?}");
    }
    let (_, notes) = adopted(failed(), Some(READ), "pending", "two");
    assert_eq!(
        notes,
        [
            "T02: its status `pending` was not taken: it was written on revision 10, and T02 failed in revision 13. \
         Set it again if you still want it"
        ]
    );
    let (track, notes) = adopted(Life::Waiting, Some(READ), "completed", "two");
    assert_eq!((&track.records[1].life, notes.len()), (&Life::Waiting, 1));
}

#[test]
fn a_better_spec_revives_a_failed_task_however_old_the_file_is() {
    let (track, notes) = adopted(failed(), Some(READ), "in_progress", "altered");
    assert_eq!((&track.records[1].life, track.records[1].attempts), (&Life::Waiting, 0));
    assert_eq!(track.backlog.tasks[1].description, "altered");
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn a_file_of_now_or_without_revision_counts_as_it_stands() {
    for read in [Some(13), None] {
        assert_eq!(adopted(failed(), read, "pending", "two").0.records[1].life, Life::Waiting);
        assert_eq!(adopted(failed(), read, "completed", "two").0.records[1].life, Life::Given);
        let (track, notes) = adopted(merged(), read, "pending", "altered");
        assert_eq!((&track.records[1].life, notes), (&merged(), vec![]));
        assert_eq!(track.backlog.tasks[1].description, "altered");
    }
}

/// The journal was restored from an older copy, or the file comes from another clone.
#[test]
fn a_revision_that_nobody_knows_counts_and_is_told() {
    let (track, notes) = adopted(failed(), Some(20), "completed", "two");
    assert_eq!((&track.records[1].life, track.revision), (&Life::Given, 20));
    assert!(notes[0].contains("revision 20 and 13 is the latest"), "{notes:?}");
    // Where nothing is known of a track there is nothing to compare with, and counting goes on.
    let (mut track, notes) = Track::adopt(None, file(Some(20), &[("T01", "completed", "one", "")]));
    assert_eq!((&track.records[0].life, notes), (&Life::Given, vec![]));
    track.touch(0);
    assert_eq!(track.revision, 21);
}

/// What the person wrote is in the file already: taking it over makes the file no older.
#[test]
fn a_file_can_be_adopted_and_edited_again() {
    let (track, _) = adopted(Life::Waiting, Some(13), "pending", "altered");
    let again = [("T01", "completed", "other", ""), ("T02", "completed", "altered", "")];
    let (track, notes) = Track::adopt(Some(track), file(Some(13), &again));
    assert_eq!((&track.records[1].life, notes), (&Life::Given, vec![]));
}

#[test]
fn a_task_that_comes_back_keeps_its_revision() {
    let (track, _) = Track::adopt(Some(known(failed())), file(Some(13), &[("T01", "pending", "one", "")]));
    let tasks = [("T01", "pending", "one", ""), ("T02", "pending", "two", "")];
    let (track, notes) = Track::adopt(Some(track), file(Some(READ), &tasks));
    assert_eq!((track.records[1].revision, notes.len()), (13, 1));
}

#[test]
fn a_spec_that_we_improved_is_not_undone_by_an_older_file() {
    let mut track = known(Life::Waiting);
    let better = TaskSpec { description: "better".into(), ..track.backlog.tasks[1].clone() };
    track.respecify(1, better);
    let adopt = |description| {
        let tasks = [("T01", "pending", "one", ""), ("T02", "in_progress", description, "")];
        Track::adopt(Some(track.clone()), file(Some(12), &tasks)).0.backlog.tasks[1].description.clone()
    };
    assert_eq!(adopt("two"), "better", "nobody edited it");
    assert_eq!(adopt("altered"), "altered", "a person did");
}

#[test]
fn what_waits_for_a_failed_task_is_blocked_however_long_the_chain() {
    let ids: Vec<String> = (0..2_000).map(|n| format!("T{n:04}")).collect();
    let before = |n: usize| if n == 0 { "" } else { ids[n - 1].as_str() };
    let tasks: Vec<_> = (0..ids.len()).map(|n| (ids[n].as_str(), "pending", "one", before(n))).collect();
    let (mut track, _) = Track::adopt(None, file(None, &tasks));
    assert!(track.blockers().iter().all(Option::is_none));
    track.records[0].life = merged();
    track.records[1].life = failed();
    // A person says that this one is done all the same.
    track.records[1_000].life = Life::Given;
    let blocked: Vec<usize> =
        track.blockers().iter().enumerate().filter_map(|(at, by)| by.as_ref().map(|_| at)).collect();
    assert_eq!(blocked, (2..1_000).collect::<Vec<_>>());
    assert_eq!(track.blockers()[999].as_ref(), Some(&TaskId(ids[1].clone())));
}
