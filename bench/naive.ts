/** Scheduling as one writes it first in JavaScript: what the schedule of the core is compared with. */
import type { Graph } from "./graphs.ts";

interface Task {
  id: string;
  dependsOn: string[];
}

export function tasksOf({ dependencies }: Graph): Task[] {
  const id = (index: number) => `T${index}`;
  return dependencies.map((own, index) => ({ id: id(index), dependsOn: own.map(id) }));
}

/** Everything that could start now: one look at all tasks a call. */
export function readySet(tasks: Task[], completed: Set<string>): Task[] {
  return tasks.filter(
    ({ id, dependsOn }) => !completed.has(id) && dependsOn.every((other) => completed.has(other)),
  );
}

/** The longest way from each task to the end, by Kahn's algorithm over ids in maps. */
export function longestPaths(tasks: Task[], hours: number[]): Map<string, number> {
  const dependents = new Map<string, string[]>(tasks.map(({ id }) => [id, []]));
  const own = new Map(tasks.map(({ id }, index) => [id, hours[index] ?? 0]));
  for (const { id, dependsOn } of tasks) {
    for (const other of dependsOn) dependents.get(other)?.push(id);
  }
  const paths = new Map<string, number>();
  for (const id of topological(tasks, dependents).reverse()) {
    let longest = 0;
    for (const next of dependents.get(id) ?? []) longest = Math.max(longest, paths.get(next) ?? 0);
    paths.set(id, longest + (own.get(id) ?? 0));
  }
  return paths;
}

function topological(tasks: Task[], dependents: Map<string, string[]>): string[] {
  const open = new Map(tasks.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const order = tasks.filter(({ dependsOn }) => dependsOn.length === 0).map(({ id }) => id);
  // The list grows while it is walked.
  for (const id of order) {
    for (const next of dependents.get(id) ?? []) {
      const left = (open.get(next) ?? 0) - 1;
      open.set(next, left);
      if (left === 0) order.push(next);
    }
  }
  return order;
}
