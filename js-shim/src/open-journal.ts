// A repository's journal, for its one writer or for those who only look.
import { join } from "node:path";
import { disarm } from "./effects/git/disarm.ts";
import { JournalFile, readJournal } from "./journal-file.ts";
import { acquireLock } from "./lock.ts";
import { endOrphans } from "./orphans.ts";
import { childNotes, type RepositoryPlace } from "./paths.ts";

/** Where an engine's lines go. */
export interface Journal {
  /** All of it, as it was when it was opened. */
  text: string;
  /** Its head record; `null` when there is none. */
  head: string | null;
  /** Where the head record of a journal that is gone was put; `null` when there was none. */
  keptHead: string | null;
  /** Processes of an earlier one that were ended. */
  processes: number;
  /** Whether what happens is kept. */
  isWritten: boolean;
  truncate(bytes: number): Promise<void>;
  append(lines: string, head: string): Promise<void>;
  /** Says which command is at work, for those who are refused. */
  tell(command: string): Promise<void>;
  close(): Promise<void>;
}

const nothing = () => Promise.resolve();

/** Kept nowhere. */
const NOWHERE: Journal = {
  text: "",
  head: null,
  keptHead: null,
  processes: 0,
  isWritten: false,
  truncate: nothing,
  append: nothing,
  tell: nothing,
  close: nothing,
};

/**
 * Opens the journal for this process alone, for a command. Rejects with a `HeldError` when another one has
 * it for longer than `patience_ms`. Outside a repository nobody reads it again: it is kept nowhere.
 */
export async function openJournal(
  place: RepositoryPlace,
  command: string,
  patience_ms: number,
): Promise<Journal> {
  const { common, state, person_directory } = place;
  if (common === null) return { ...NOWHERE, isWritten: true };
  const path = join(state, "journal.lock");
  const lock = await acquireLock(path, person_directory, command, patience_ms);
  try {
    // Nobody else holds the lock, so what still runs belongs to a process that is gone.
    const processes = await endOrphans(childNotes(place));
    // Before anybody asks the host about a session that a process left behind.
    await disarm(place);
    const { journal, text, head, keptHead } = await JournalFile.open(journalPath(place));
    return {
      text,
      head,
      keptHead,
      processes,
      isWritten: true,
      truncate: (bytes) => journal.truncate(bytes),
      append: (lines, next) => journal.append(lines, next),
      tell: (now) => lock.tell(now),
      close: async () => {
        try {
          await journal.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The journal as it is now, while another process writes it. */
export async function lookAtJournal(place: RepositoryPlace): Promise<Journal> {
  return { ...NOWHERE, text: await readJournal(journalPath(place)) };
}

/** Where a repository's journal is. */
export function journalPath({ state }: RepositoryPlace): string {
  return join(state, "journal.jsonl");
}
