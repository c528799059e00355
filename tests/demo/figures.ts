/** The table at the end of the demo, from the files that the project keeps about its tasks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a task's status file says, as far as the table shows it. */
interface Figures {
  id: string;
  status: string;
  attempts: number;
  metrics: { context_bytes: number; token_count: number; cost_usd: number; duration_ms: number };
}

/** One line a task, and their sum. */
export function figuresTable(directory: string): string {
  const tasks = readdirSync(directory)
    .filter((name) => name.endsWith(".status.json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Figures);
  const metrics = tasks.map((task) => task.metrics);
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const rows = [
    ["task", "status", "attempts", "context", "tokens", "cost", "time"],
    ...tasks.map((task) => [
      task.id,
      task.status,
      String(task.attempts),
      `${count(task.metrics.context_bytes)} bytes`,
      count(task.metrics.token_count),
      usd(task.metrics.cost_usd),
      `${(task.metrics.duration_ms / 1000).toFixed(1)} s`,
    ]),
    [
      "all",
      "",
      String(sum(tasks.map(({ attempts }) => attempts))),
      "",
      count(sum(metrics.map(({ token_count }) => token_count))),
      usd(sum(metrics.map(({ cost_usd }) => cost_usd))),
      "",
    ],
  ];
  return table(rows);
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function count(n: number): string {
  return n.toLocaleString("en");
}

function usd(n: number): string {
  return `$${n.toFixed(4)}`;
}
