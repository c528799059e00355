// Opens OpenCode instances in worktrees. A worktree lacks the person's uncommitted configuration, and
// a plugin installed in the project does not load there: OPENCODE_CONFIG_CONTENT carries both over.
import { MARK_VARIABLE } from "../child-mark.ts";
import { hub } from "../hub.ts";
import { request, type V1Client } from "./v1-client.ts";

const VARIABLE = "OPENCODE_CONFIG_CONTENT";

/** What the person had in the variable, before we ever set it. */
const own = process.env[VARIABLE];

/** The variable as the person had it, as JSON; `{}` when they had none or it cannot be read. */
export function ownContent(): Record<string, unknown> {
  try {
    return JSON.parse(own ?? "{}") as Record<string, unknown>;
  } catch {
    // OpenCode has told them by now.
    return {};
  }
}

/**
 * Makes sure that a worktree's instance runs with the configuration of its checkout at `root`. An
 * instance reads the variable once, when it starts; it is set for just that long, because it holds for
 * the whole process and other projects may be opened in it. Cheap when the instance runs.
 */
export async function openWorktree(
  client: V1Client,
  directory: string,
  root: string,
): Promise<void> {
  hub.worktrees.add(directory);
  const opened = hub.opening.then(() => openAlone(client, directory, root));
  hub.opening = opened.catch(() => undefined);
  await opened;
}

/** What the environment of an agent's shell gets instead of our configuration, and the mark of a child. */
export function cleanVariable(environment: Record<string, string>, mark: string | null): void {
  environment[VARIABLE] = own ?? "";
  if (mark !== null) environment[MARK_VARIABLE] = mark;
}

async function openAlone(client: V1Client, directory: string, root: string): Promise<void> {
  const content = hub.worktreeConfigs.get(root);
  if (content === undefined) return;
  process.env[VARIABLE] = content;
  try {
    await request(client, "GET", "/config", { directory });
  } finally {
    if (own === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = own;
  }
}
