/** A screen of OpenCode as a picture, for the README. From a terminal of 110 columns in tmux, while
 * /implement runs: `tmux capture-pane -e -p | node --import ./tests/typescript.mjs tests/demo/picture.ts > docs/run.svg` */
import { readFileSync } from "node:fs";

const COLUMN = 8.4;
const ROW = 18;
const MARGIN = 16;
const LABEL =
  "The chat in OpenCode while /implement works: a task is merged, another is in its second attempt after a failed test and is told why";
const FONT =
  "ui-monospace, SFMono-Regular, Menlo, Consolas, &apos;DejaVu Sans Mono&apos;, monospace";
const INK = "#eeeeee";
const PAPER = "#0a0a0a";

interface Pen {
  ink: string;
  paper: string;
}

/** Characters of one colour that follow each other in a row. */
interface Piece extends Pen {
  column: number;
  text: string;
}

/** The colour that the numbers after 38 or 48 in an escape sequence name; only true colours are known. */
function colour([kind, ...channels]: number[], usual: string): string {
  if (kind !== 2) return usual;
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** Takes the colours of an escape sequence. */
function dip(pen: Pen, codes: number[]): void {
  while (codes.length > 0) {
    const code = codes.shift();
    if (code === 38) pen.ink = colour(codes.splice(0, 4), INK);
    if (code === 48) pen.paper = colour(codes.splice(0, 4), PAPER);
    if (code === 0 || code === 39) pen.ink = INK;
    if (code === 0 || code === 49) pen.paper = PAPER;
  }
}

function pieces(line: string, pen: Pen): Piece[] {
  const found: Piece[] = [];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith("\u001b[")) {
      dip(pen, part.slice(2, -1).split(";").map(Number));
      continue;
    }
    if (part !== "") found.push({ column, text: part, ...pen });
    column += [...part].length;
  }
  return found;
}

/** A place or a length, in columns, as the picture has it. */
const wide = (columns: number): string => (columns * COLUMN).toFixed(1);

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function box({ column, text, paper }: Piece, row: number): string {
  if (paper === PAPER) return "";
  const place = `x="${(MARGIN + column * COLUMN).toFixed(1)}" y="${MARGIN + row * ROW}"`;
  return `<rect ${place} width="${wide([...text].length)}" height="${ROW}" fill="${paper}"/>`;
}

function writing({ column, text, ink }: Piece, row: number): string {
  const words = text.trim();
  if (words === "") return "";
  const from = column + text.length - text.trimStart().length;
  const place = `x="${(MARGIN + from * COLUMN).toFixed(1)}" y="${MARGIN + row * ROW + 13}"`;
  const fill = ink === INK ? "" : ` fill="${ink}"`;
  const length = `textLength="${wide([...words].length)}" xml:space="preserve"`;
  return `<text ${place} ${length}${fill}>${escaped(words)}</text>`;
}

const pen = { ink: INK, paper: PAPER };
const rows = readFileSync(0, "utf8").trimEnd().split("\n");
const drawn = rows.map((line, row) => {
  const all = pieces(line, pen);
  return [...all.map((one) => box(one, row)), ...all.map((one) => writing(one, row))].join("");
});
const size = { width: 2 * MARGIN + 110 * COLUMN, height: 2 * MARGIN + rows.length * ROW };
console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${LABEL}">`,
    `<rect width="${size.width}" height="${size.height}" rx="8" fill="${PAPER}"/>`,
    `<g font-family="${FONT}" font-size="14" fill="${INK}">`,
    ...drawn,
    "</g>",
    "</svg>",
  ].join("\n"),
);
