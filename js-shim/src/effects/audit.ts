/** Performs `src/effect/audit.rs`: the journal is read beside whoever writes it. */

import { audit } from "../core.ts";
import { messageOf } from "../errors.ts";
import { readHead, readJournal } from "../journal-file.ts";
import { journalPath } from "../open-journal.ts";
import type { RepositoryPlace } from "../paths.ts";
import type { AuditOperation, AuditOutcome } from "../protocol.ts";

/** Reads the journal and tells its changes. Never rejects. */
export async function performAudit(
  place: RepositoryPlace,
  { lines_max }: AuditOperation,
): Promise<AuditOutcome> {
  try {
    const path = journalPath(place);
    // The head first: it may be behind the journal, never ahead.
    const head = await readHead(path);
    return { type: "verified", audit: audit(await readJournal(path), head, lines_max) };
  } catch (error) {
    return { type: "failed", message: messageOf(error) };
  }
}
