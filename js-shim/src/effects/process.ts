/** Performs `src/effect/process.rs`: commands of the project, each in a process group of its own. */

import { type ChildEnd, type ChildRequest, runChild } from "../child.ts";
import { Tail } from "../output.ts";
import { childNotes, type RepositoryPlace } from "../paths.ts";
import type { ProcessOperation, ProcessOutcome } from "../protocol.ts";

/** Names that tie a git process to a repository (`git rev-parse --local-env-vars`) or to its caller. */
const GIT_VARIABLES = new Set([
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
]);

/** Runs a command of the project. Never rejects. */
export async function performProcess(
  place: RepositoryPlace,
  operation: ProcessOperation,
  signal: AbortSignal,
): Promise<ProcessOutcome> {
  const tail = new Tail(operation.tail_bytes);
  const push = (chunk: Buffer): void => tail.push(chunk);
  const end = await runChild({
    ...shellLine(operation.command),
    directory: operation.directory,
    environment: projectEnvironment(process.env, operation.directory),
    notes: childNotes(place),
    is_foreign: true,
    timeout_ms: operation.timeout_ms,
    signal,
    onStdout: push,
    onStderr: push,
  });
  return outcomeOf(operation, end, tail);
}

/** The environment for commands of the project: the person's, without what is OpenCode's or git's own. */
export function projectEnvironment(
  environment: NodeJS.ProcessEnv,
  directory: string,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.toUpperCase().startsWith("OPENCODE") && !GIT_VARIABLES.has(name),
  );
  return { ...Object.fromEntries(kept), PWD: directory, CI: "true" };
}

function shellLine(command: string): Pick<ChildRequest, "command" | "arguments" | "shell"> {
  if (process.platform === "win32") return { command, arguments: [], shell: true };
  // One pipe for both streams keeps their lines in the order they were printed.
  return { command: "/bin/sh", arguments: ["-c", `exec 2>&1\n${command}`] };
}

function outcomeOf(operation: ProcessOperation, end: ChildEnd, tail: Tail): ProcessOutcome {
  switch (end.type) {
    case "exited":
      return { type: "exited", code: end.code, duration_ms: end.duration_ms, tail: tail.text() };
    case "timed_out":
      return { type: "timed_out", duration_ms: end.duration_ms, tail: tail.text() };
    case "aborted":
      return { type: "aborted" };
    case "failed":
      return {
        type: "failed",
        message: `\`${operation.command}\` did not start in ${operation.directory}: ${end.message}`,
      };
  }
}
