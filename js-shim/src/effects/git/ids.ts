/** Names of ours in ref names. The core has checked ids before; a ref is a file, so we look again. */

/** A backlog's `track_id`, as `src/backlog/rules.rs` has it. */
const TRACK = "[a-z0-9][a-z0-9-]{0,47}";
/** A task's id, as `src/backlog/rules.rs` has it. */
const TASK = "[A-Za-z0-9][A-Za-z0-9_-]{0,31}";

const OWN = new RegExp(`^refs/(heads/mac/${TRACK}|mac/${TRACK}/${TASK}/[0-9]{1,9})$`);
const IS_TRACK = new RegExp(`^${TRACK}$`);
const IS_TASK = new RegExp(`^${TASK}$`);

/** Returns a ref name that is in our namespace; throws otherwise. */
export function ownReference(reference: string): string {
  if (OWN.test(reference)) return reference;
  throw new Error(`the ref ${reference} is not one of ours (refs/heads/mac/… or refs/mac/…)`);
}

/** Returns a track id that can be part of a ref name; throws otherwise. */
export function trackId(text: string): string {
  if (IS_TRACK.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} is not the id of a track`);
}

/** Returns a task id that can be part of a ref name; throws otherwise. */
export function taskId(text: string): string {
  if (isTaskId(text)) return text;
  throw new Error(`${JSON.stringify(text)} is not the id of a task`);
}

/** Whether a text can be the id of a task. */
export function isTaskId(text: string): boolean {
  return IS_TASK.test(text);
}
