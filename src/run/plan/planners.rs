//! The planners: one session each, in parallel, and none of them left when they are done.

use crate::run::plan::{Clearing, PlanRun, Stage, Wait};
use serde::Serialize;

use crate::definitions::Role;
use crate::effect::session::{Hearing, Purpose, SessionOperation, SessionOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::{Activity, Turn};
use crate::event::SessionSignal;
use crate::ids::{EffectId, SessionId};
use crate::metrics::Entry;
use crate::plan::request::Request;
use crate::plan::{Planner, clean_document, missing_sections};
use crate::route::Work;
use crate::run::asked::Asked;
use crate::run::providers;
use crate::run::providers::AskTrouble;
use crate::run::{Waiter, session_failure, silent_ms};
use crate::text::list;

/// A planner at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Seat {
    planner: Planner,
    /// Its session, once there is one.
    session: Option<SessionId>,
    /// Its line in the chat.
    entry: Option<EffectId>,
    work: SeatWork,
}

/// What a planner does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) enum SeatWork {
    /// Its session is being made.
    Creating { context: String },
    /// It was asked.
    Asking { asked: Asked, is_second: bool },
    /// It wrote its document.
    Done { document: String },
    /// It did not.
    Failed { reason: String },
}

impl PlanRun {
    pub(super) fn seat_planners(mut self, turn: &mut Turn, request: Request, map: &str) -> Activity {
        if self.is_stopping {
            return turn.fail(&self.run.chat, "stopped; nothing was written");
        }
        turn.say(&self.run.chat, format!("Planning **{}** with three planners.", request.title));
        let context = format!("{map}\n\n# Feature request\n\n{}\n", request.text.trim());
        let seats = Planner::ALL
            .into_iter()
            .map(|planner| {
                let operation = SessionOperation::Create {
                    directory: None,
                    parent: self.run.chat.clone(),
                    title: format!("{}: {}", planner.document(), request.title),
                    rules: self.run.rules(role(planner)),
                    purpose: Purpose { agent: planner.agent().to_owned(), task: None, attempt: 0 },
                };
                turn.request(Waiter::Plan(Wait::Seat(planner)), Operation::Session(operation));
                let work = SeatWork::Creating { context: context.clone() };
                Seat { planner, session: None, entry: None, work }
            })
            .collect();
        self.stage = Stage::Planning { request, seats };
        Activity::Plan(self)
    }

    /// Something was seen in a planner's session.
    pub fn signalled(&mut self, turn: &mut Turn, seen: &SessionId, signal: &SessionSignal) {
        let Stage::Planning { seats, .. } = &mut self.stage else {
            return;
        };
        for seat in seats.iter_mut().filter(|seat| seat.session.as_ref() == Some(seen)) {
            if let SeatWork::Asking { asked, .. } = &mut seat.work {
                let model = self.run.model(role(seat.planner), Work::Planning);
                asked.signalled(turn, &self.run, model.as_ref(), signal);
            }
        }
    }

    /// What the project tells every agent.
    pub(crate) fn rules(&self) -> Vec<&str> {
        self.rules.iter().map(String::as_str).collect()
    }

    /// The planner that a session is of.
    pub(crate) fn planner_of(&self, session: &SessionId) -> Option<&'static str> {
        let Stage::Planning { seats, .. } = &self.stage else { return None };
        let seat = seats.iter().find(|seat| seat.session.as_ref() == Some(session))?;
        Some(seat.planner.agent())
    }

    pub(super) fn seat_resolved(
        mut self,
        turn: &mut Turn,
        request: Request,
        mut seats: Vec<Seat>,
        planner: Planner,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Activity {
        if let Some(index) = seats.iter().position(|seat| seat.planner == planner) {
            let seat = seats.remove(index);
            let seat = self.seat_goes_on(turn, &request, seat, outcome, took_ms);
            seats.insert(index, seat);
        }
        let has_failed = seats.iter().any(|seat| matches!(seat.work, SeatWork::Failed { .. }));
        if has_failed {
            // One missing document means no plan, so the others need not go on.
            for seat in &seats {
                if let SeatWork::Asking { asked, .. } = &seat.work {
                    turn.cancel(asked.ask);
                }
            }
        }
        let is_over = |seat: &Seat| matches!(seat.work, SeatWork::Done { .. } | SeatWork::Failed { .. });
        if !seats.iter().all(is_over) {
            self.stage = Stage::Planning { request, seats };
            return Activity::Plan(self);
        }
        self.clear(turn, request, seats)
    }

    pub(super) fn seat_goes_on(
        &self,
        turn: &mut Turn,
        request: &Request,
        mut seat: Seat,
        outcome: &Outcome,
        took_ms: u64,
    ) -> Seat {
        let Outcome::Session(outcome) = outcome else {
            return seat;
        };
        if let Some(usage) = outcome.usage() {
            let model = self.run.model(role(seat.planner), Work::Planning);
            turn.shared.ledger.add(Entry {
                work: Work::Planning,
                model,
                track: None,
                task: None,
                attempt: 0,
                usage,
                duration_ms: took_ms,
                prompt: Some(self.run.prompt(role(seat.planner), None, 0)),
            });
        }
        let timeout_ms = self.run.options.planning_timeout_ms;
        let trouble = match &seat.work {
            SeatWork::Asking { asked, .. } => {
                let model = self.run.model(role(seat.planner), Work::Planning);
                asked.clone().ended(turn, &self.run, model.as_ref(), outcome, timeout_ms, false)
            }
            _ => providers::trouble_of(outcome, timeout_ms),
        };
        match (&seat.work, outcome) {
            (SeatWork::Creating { context }, SessionOutcome::Created { session }) => {
                let context = context.clone();
                seat.session = Some(session.clone());
                if self.is_stopping {
                    seat.work = SeatWork::Failed { reason: "stopped".to_owned() };
                    return seat;
                }
                let title = format!("{} for {}", seat.planner.document(), request.title);
                seat.entry = Some(turn.open(&self.run.chat, title, seat.planner.agent(), session));
                seat.work = self.ask(turn, seat.planner, session, context, false);
            }
            (SeatWork::Asking { is_second, .. }, SessionOutcome::Answered { text, .. }) => {
                let document = clean_document(text);
                let missing = missing_sections(seat.planner, &document);
                seat.work = match (&seat.session, missing.as_slice()) {
                    (_, []) => SeatWork::Done { document },
                    (Some(session), missing) if !is_second && !self.is_stopping => {
                        let text = format!(
                            "These required sections are missing or empty: {}. Reply with the complete document.",
                            missing.join(", ")
                        );
                        self.ask(turn, seat.planner, session, text, true)
                    }
                    (_, missing) => {
                        let missing: Vec<String> =
                            missing.iter().map(|title| format!("\"{title}\"")).collect();
                        SeatWork::Failed { reason: format!("its document still lacks {}", list(&missing)) }
                    }
                };
            }
            (_, other) => {
                let told = trouble.as_ref().map(AskTrouble::told);
                let reason = told.unwrap_or_else(|| session_failure(other, timeout_ms));
                seat.work = SeatWork::Failed { reason };
            }
        }
        if let Some(entry) = seat.entry {
            match &seat.work {
                SeatWork::Done { document } => {
                    let lines = document.lines().count();
                    turn.close(
                        &self.run.chat,
                        entry,
                        true,
                        format!("{}: {lines} lines", seat.planner.document()),
                    );
                }
                SeatWork::Failed { reason } => turn.close(&self.run.chat, entry, false, reason.clone()),
                _ => {}
            }
        }
        seat
    }

    pub(super) fn ask(
        &self,
        turn: &mut Turn,
        planner: Planner,
        session: &SessionId,
        text: String,
        is_second: bool,
    ) -> SeatWork {
        let operation = SessionOperation::Ask {
            session: session.clone(),
            directory: None,
            agent: self.run.prompt(role(planner), None, 0).agent,
            model: self.run.model(role(planner), Work::Planning),
            text,
            timeout_ms: self.run.options.planning_timeout_ms,
            silent_ms: silent_ms(self.run.options.planning_timeout_ms),
            focus: None,
            hearing: Hearing::Fingerprints,
        };
        let ask = turn.request(Waiter::Plan(Wait::Seat(planner)), Operation::Session(operation));
        SeatWork::Asking { asked: Asked::begin(turn, ask), is_second }
    }

    /// Deletes the planners' sessions, however it went.
    pub(super) fn clear(self, turn: &mut Turn, request: Request, seats: Vec<Seat>) -> Activity {
        let mut left = 0;
        for session in seats.iter().filter_map(|seat| seat.session.as_ref()) {
            turn.remove_session(session, Waiter::Plan(Wait::Removal { session: session.clone() }));
            left += 1;
        }
        let failures: Vec<String> = seats
            .iter()
            .filter_map(|seat| match &seat.work {
                SeatWork::Failed { reason } if reason != "stopped" => {
                    Some(format!("{}: {reason}", seat.planner.agent()))
                }
                _ => None,
            })
            .collect();
        let result = if self.is_stopping {
            Err("stopped; nothing was written".to_owned())
        } else if failures.is_empty() {
            let document = |seat: Seat| match seat.work {
                SeatWork::Done { document } => document,
                _ => String::new(),
            };
            Ok(seats.into_iter().map(document).collect())
        } else {
            Err(format!("planning failed, nothing was written. {}", failures.join("; ")))
        };
        self.cleared(turn, Clearing { request, left, kept: Vec::new(), result })
    }
}

fn role(planner: Planner) -> Role {
    match planner {
        Planner::Spec => Role::PlannerSpec,
        Planner::Arch => Role::PlannerArch,
        Planner::Qa => Role::PlannerQa,
    }
}
