/** The plain way to check a context, as a baseline: a list of phrases, a pattern for ids, a limit in
 * UTF-16 units, and file headers with more than 50 lines below. Places are UTF-16 units. */

export interface Place {
  from: number;
  to: number;
}

const PHRASES = [
  "we explored",
  "alternative approach",
  "after much discussion",
  "three options",
  "let me think",
  "first attempt",
  "trying different",
  "could also try",
  "on second thought",
  "wait, actually",
];
const UNITS_MAX = 3000;
const FILE_LINES_MAX = 50;

export function checkByKeywords(text: string): Place[] {
  return [...tooLong(text), ...phrases(text), ...taskIds(text), ...wholeFiles(text)];
}

function tooLong(text: string): Place[] {
  return text.length > UNITS_MAX ? [{ from: UNITS_MAX, to: text.length }] : [];
}

function phrases(text: string): Place[] {
  const lower = text.toLowerCase();
  return PHRASES.flatMap((phrase) => {
    const from = lower.indexOf(phrase);
    return from < 0 ? [] : [{ from, to: from + phrase.length }];
  });
}

/** All ids, as soon as there are two. */
function taskIds(text: string): Place[] {
  const found = [...text.matchAll(/\b(T\d{2,3})\b/g)];
  if (new Set(found.map(([id]) => id)).size <= 1) return [];
  return found.map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

function wholeFiles(text: string): Place[] {
  let isFile = false;
  let lines = 0;
  for (const line of text.split("\n")) {
    if (/^\/\/ File: |^# File: |^<!-- File: /.test(line)) {
      if (lines > FILE_LINES_MAX) break;
      isFile = true;
      lines = 0;
    } else if (isFile) {
      lines += 1;
    }
  }
  return lines > FILE_LINES_MAX ? [{ from: 0, to: text.length }] : [];
}
