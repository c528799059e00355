import { expect, test } from "vitest";
import { performGit } from "../../../js-shim/src/effects/git.ts";
import { locate } from "../../../js-shim/src/paths.ts";
import { git, never, temporaryDirectory, World } from "../world.ts";

test("a ref is made and moved in a repository with SHA-256 ids", async () => {
  await World.make();
  const root = temporaryDirectory();
  git(root, "init", "--quiet", "--object-format=sha256");
  const commit = () => {
    git(root, "commit", "--quiet", "--allow-empty", "--message=some");
    return git(root, "rev-parse", "HEAD");
  };
  const place = await locate(root);
  const move = (from: string | null, to: string) =>
    performGit(place, { type: "move", reference: "refs/heads/mac/t", from, to }, never);
  const first = commit();
  const second = commit();
  expect(await move(null, first)).toEqual({ type: "moved" });
  expect(await move(null, second)).toEqual({ type: "stale", actual: first });
  expect(await move(first, second)).toEqual({ type: "moved" });
});
