/** The table at the end of the demo, from the files that the project keeps about its tasks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Figures {
  id: string;
  status: string;
  attempts: number;
  context_bytes: number;
  tokens: number;
  cost_usd: number;
  duration_ms: number;
}

/** One line a task, and their sum. */
export function figuresTable(directory: string): string {
  const tasks = readdirSync(directory)
    .filter((name) => name.endsWith(".status.json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Figures);
  const sum = (key: "attempts" | "tokens" | "cost_usd") =>
    tasks.reduce((total, task) => total + task[key], 0);
  const rows = [
    ["task", "status", "attempts", "context", "tokens", "cost", "time"],
    ...tasks.map((task) => [
      task.id,
      task.status,
      String(task.attempts),
      `${task.context_bytes.toLocaleString("en")} bytes`,
      task.tokens.toLocaleString("en"),
      `$${task.cost_usd.toFixed(4)}`,
      `${(task.duration_ms / 1000).toFixed(1)} s`,
    ]),
    [
      "all",
      "",
      String(sum("attempts")),
      "",
      sum("tokens").toLocaleString("en"),
      `$${sum("cost_usd").toFixed(4)}`,
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
