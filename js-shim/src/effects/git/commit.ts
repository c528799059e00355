/** Making commit objects in the person's name. */

import { type Git, line, splitNul } from "./run.ts";

/** Signs commits of somebody who has not told git their name. */
const FALLBACK = { name: "multi-agent-coder", email: "noreply@localhost" };

/** Makes a commit of a tree; returns its id. No ref points at it yet. */
export async function commitTree(
  git: Git,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const words = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])];
  const commit = await git(words, {
    input: `${message.trimEnd()}\n`,
    environment: await identity(git),
  });
  return line(commit);
}

/** The variables that sign a commit: none when git knows the person, else the fallback's. */
async function identity(git: Git): Promise<Record<string, string>> {
  const found = await git(["config", "--null", "--get-regexp", "^user\\.(name|email)$"], {
    accepts: [0, 1],
  });
  const values = new Map(
    splitNul(found.stdout).map((field) => {
      const [key = "", value = ""] = field.toString("utf8").split("\n");
      return [key, value.trim()];
    }),
  );
  const name = values.get("user.name") ?? "";
  const email = values.get("user.email") ?? "";
  const signed = name !== "" && email !== "" ? { name, email } : FALLBACK;
  const { env } = process;
  return {
    GIT_AUTHOR_NAME: env.GIT_AUTHOR_NAME || signed.name,
    GIT_AUTHOR_EMAIL: env.GIT_AUTHOR_EMAIL || signed.email,
    GIT_COMMITTER_NAME: env.GIT_COMMITTER_NAME || signed.name,
    GIT_COMMITTER_EMAIL: env.GIT_COMMITTER_EMAIL || signed.email,
  };
}
