//! The machine's memory: an attempt starts only while there is enough for one more.

use serde::Serialize;

use crate::effect::machine::{MachineOperation, MachineOutcome};
use crate::effect::{Operation, Outcome};
use crate::engine::Turn;
use crate::resilience::memory;
use crate::run::Waiter;
use crate::run::implement::{ImplementRun, Wait};
use crate::text::bytes;

/// So long a look at the memory holds good. A start is quicker than that.
const LOOK_MS: u64 = 5_000;
/// When memory is short, it is looked at again after this time.
const SHORT_MS: u64 = 15_000;

/// What is known of the machine's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Room {
    look: Look,
    /// The person knows that it is short.
    is_told: bool,
}

/// A look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
enum Look {
    /// None yet.
    #[default]
    Never,
    /// Under way.
    Waiting,
    /// What it showed.
    Seen { at_ms: u64, all_bytes: u64, free_bytes: u64 },
    /// The system does not say.
    Unknown,
}

impl ImplementRun {
    /// Whether the machine has room for one more. When that is not known it is looked at, and the
    /// answer brings us back here.
    pub(super) fn has_room(&mut self, turn: &mut Turn) -> bool {
        let live = self.running().count();
        if live == 0 {
            return true;
        }
        let now_ms = turn.shared.now_ms;
        let room = &mut self.care.room;
        match room.look {
            Look::Unknown => true,
            Look::Waiting => false,
            Look::Seen { at_ms, all_bytes, free_bytes } if now_ms.abs_diff(at_ms) < LOOK_MS => {
                if memory::admits(all_bytes, free_bytes, live) {
                    room.is_told = false;
                    return true;
                }
                if !std::mem::replace(&mut room.is_told, true) {
                    let text = format!(
                        "**Note:** only {} of {} memory are free, so nothing new starts until there is more.",
                        bytes(free_bytes),
                        bytes(all_bytes)
                    );
                    turn.say(&self.run.chat, text);
                }
                self.wake_at(turn, now_ms + SHORT_MS);
                false
            }
            Look::Never | Look::Seen { .. } => {
                room.look = Look::Waiting;
                let operation = Operation::Machine(MachineOperation::Look);
                turn.request(Waiter::Implement(Wait::Memory), operation);
                false
            }
        }
    }

    /// The memory was looked at.
    pub(super) fn memory_seen(&mut self, turn: &Turn, outcome: &Outcome) {
        self.care.room.look = match outcome {
            Outcome::Machine(MachineOutcome::Seen { memory_bytes, free_bytes }) => {
                Look::Seen { at_ms: turn.shared.now_ms, all_bytes: *memory_bytes, free_bytes: *free_bytes }
            }
            _ => Look::Unknown,
        };
    }
}
