/** Specs of features as they are on disk once their work has landed. */
import { backlogFile, type ScriptedTask } from "./links.ts";
import type { World } from "./world.ts";

export interface SavedFeature {
  id: string;
  tasks: ScriptedTask[];
  base: string;
  result: string;
  dependsOn?: string[];
}

/** Writes the specs of landed features and the index that lists them, and commits them. */
export function saveSpecs(world: World, features: SavedFeature[]): void {
  const at = "2026-01-01T00:00:00Z";
  for (const { id, tasks, base, result, dependsOn = [] } of features) {
    const list = dependsOn.map((other) => `\n  - ${other}`).join("");
    world.repository.write(
      `specs/${id}/metadata.yaml`,
      `id: ${id}\ntitle: ${id}\ntrack: ${trackOf(id)}\nversion: 1.0.0\nstatus: deployed\ncreated_at: "${at}"\nupdated_at: "${at}"\n` +
        `base: "${base}"\nresult: "${result}"\nattempts: 1\ncost_usd: 0\nbuilds_on:${list === "" ? " []" : list}\nhistory: []\n`,
    );
    world.repository.write(`specs/${id}/BACKLOG.yaml`, backlogFile(tasks, trackOf(id)));
  }
  const listed = features.map(({ id }) => ({
    id,
    title: id,
    track: trackOf(id),
    version: "1.0.0",
    status: "deployed",
    updated_at: at,
    files: {},
  }));
  const index = { format: 1, next: features.length + 1, features: listed };
  world.repository.write("specs/.metadata.json", `${JSON.stringify(index, null, 2)}\n`);
}

/** Commits tasks' solutions as a feature that landed. */
export function landed(
  world: World,
  id: string,
  tasks: ScriptedTask[],
  dependsOn: string[] = [],
): SavedFeature {
  const base = world.repository.head();
  for (const task of tasks)
    for (const [path, text] of Object.entries(task.solution)) world.repository.write(path, text);
  const result = world.repository.commit(`Land ${id}`);
  return { id, tasks, base, result, dependsOn };
}

function trackOf(id: string): string {
  return id.replace(/^feature-\d+-/, "");
}
