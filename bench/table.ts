/** Tables on standard output. */
import { type Measured, quantile } from "./samples.ts";

/** One line: what was measured, and what it is compared with. */
export interface Row extends Measured {
  what: string;
  /** Its name says what it is; the ratio is the baseline's p50 over the p50 of this line. */
  baseline?: Measured & { name: string };
}

export function heading(text: string): void {
  console.log(`\n== ${text}\n`);
}

export function note(text: string): void {
  console.log(`   ${text}`);
}

/** Prints lines with p50, p95 and how much of the baseline they take. */
export function printRows(rows: Row[]): void {
  const cells = rows.map(({ what, samples, write, baseline }) => {
    const middle = quantile(samples, 0.5);
    const base = baseline === undefined ? undefined : quantile(baseline.samples, 0.5);
    const against = baseline === undefined ? "" : `${baseline.name}: ${baseline.write(base ?? 0)}`;
    const n = String(samples.length);
    const ratio = base === undefined ? "" : `${number(middle / base)} x`;
    return [what, n, write(middle), write(quantile(samples, 0.95)), ratio, against];
  });
  printTable(["", "n", "p50", "p95", "of baseline", "baseline (p50)"], cells);
}

/** Prints aligned columns: the first and the last to the left, numbers to the right. */
export function printTable(headers: string[], rows: string[][]): void {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  const isLeft = (column: number) => column === 0 || column === headers.length - 1;
  for (const row of all) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isLeft(column) ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(`   ${cells.join("  ").trimEnd()}`);
  }
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
}
