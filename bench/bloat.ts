/** Texts as tasks get them from hurried people and talkative agents: what must be kept is planted in
 * prose, logs, repetitions and bodies of files. */
import { Random } from "./random.ts";

export interface Bloated {
  text: string;
  /** What must be found in a shorter text, word for word. */
  planted: string[];
  /** Files of the project that the text shows, with their lines. */
  files: Map<string, number>;
}

/** How bloated texts come about. `dense` has nothing to spare. */
export const SHAPES = ["prose", "repeats", "logs", "bodies", "mixed", "dense"] as const;
export type Shape = (typeof SHAPES)[number];

const THINGS = ["limiter", "cache", "parser", "importer", "session", "queue", "mailer", "search"];
const FOLDERS = ["src", "lib/core", "packages/api/src", "test/unit", "app/models"];
const UNITS = ["ms", "seconds", "KB", "requests", "retries", "entries"];
const CODES = ["ENOENT", "E0308", "TS2322", "ERR_EMPTY_RATE", "HTTP-429", "ECONNREFUSED"];
const TALK = [
  "We looked at several ways to do this and everybody had an opinion about which one feels right.",
  "Historically the team has gone back and forth on this, and the discussion was a lively one.",
  "It is a nice piece of work that people will enjoy using once it is finished.",
  "As mentioned before, the idea came up in a meeting and was received with interest.",
  "The general feeling is that a clean solution is better than a quick one.",
  "Basically, the goal is to make things better for everyone who works with the system.",
  "There are many articles about this topic, and most of them agree on the big picture.",
  "I think that a simple approach would be fine, and we can always improve it later on.",
  "Of course, the details matter, and good engineering takes time and care.",
  "The people who wrote the first version have since moved on to other teams.",
  "It would be great to have something that feels natural and is pleasant to read.",
  "Let us also remember that readers come with different backgrounds and expectations.",
];
/** Said in passing, yet with a number, a name or a negation: what a careful reader keeps. */
const ASIDES = [
  "We did not have time for it last year.",
  "The old version from 2023 was slower.",
  "Nobody has looked at the wiki since then.",
  "It came up with the JavaScript client, too.",
];

/** What a demand is about. */
interface Subject {
  thing: string;
  number: number;
  unit: string;
  path: string;
  name: string;
  code: string;
}

/** Sentences that ask for something: what comes before the words that must be kept, these, and what follows. */
const DEMANDS: ((about: Subject) => [before: string, kept: string, after: string])[] = [
  (is) => [`The ${is.thing} must answer within `, `${is.number} ${is.unit}`, " under load."],
  (is) => [`The ${is.thing} `, `must not write to ${is.path}`, " while it is open."],
  (is) => ["Call ", `\`${is.name}\``, ` before the ${is.thing} is closed.`],
  (is) => [`When it fails, the ${is.thing} reports `, is.code, " to the caller."],
  (is) => ["It shows the message ", `"no ${is.thing} ${is.number}"`, " to the person."],
  (is) => ["Keep to version ", `${is.number}.4.${is.number % 10}`, ` of the ${is.thing}.`],
  (is) => ["The tests are in ", is.path, " and stay there."],
  (is) => [`The ${is.thing} `, `never retries more than ${is.number} times`, ", to be kind."],
];

/** What each shape is made of. */
const MAKERS: Record<Shape, (writer: Writer) => void> = {
  prose: (writer) => writer.demands(8, 60),
  repeats: (writer) => writer.repeats(8, 9),
  logs: (writer) => {
    writer.demands(4, 6);
    writer.log(180);
  },
  bodies: (writer) => {
    writer.demands(5, 6);
    writer.body(140);
    writer.body(60);
  },
  mixed: (writer) => {
    writer.demands(6, 30);
    writer.repeats(3, 5);
    writer.body(80);
    writer.log(80);
  },
  dense: (writer) => writer.demands(40, 4),
};

export function bloat(seed: number, shape: Shape): Bloated {
  const writer = new Writer(seed);
  MAKERS[shape](writer);
  return writer.done();
}

class Writer {
  private readonly random: Random;
  private readonly paragraphs: string[] = [];
  private readonly planted = new Set<string>();
  private readonly files = new Map<string, number>();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Demands spread over so many sentences of talk, in wrapped paragraphs. */
  demands(count: number, talk: number): void {
    const sentences = [
      ...Array.from({ length: count }, () => this.demand()),
      ...Array.from({ length: talk }, () => this.talk()),
    ];
    this.random.shuffle(sentences);
    while (sentences.length > 0) {
      const own = sentences.splice(0, this.random.whole(3, 6));
      this.paragraphs.push(wrap(own.join(" ")));
    }
  }

  /** The same demands again and again, each time with one more. */
  repeats(count: number, times: number): void {
    const demands = Array.from({ length: count }, () => this.demand());
    for (let time = 0; time < times; time++) {
      const own = demands.slice(0, time + 2);
      this.random.shuffle(own);
      const lines = own.map((demand) => (time % 2 === 0 ? `- ${demand}` : wrap(demand)));
      this.paragraphs.push(
        `## Round ${"of talks ".repeat(1 + (time % 3))}`.trim(),
        lines.join("\n"),
      );
      this.paragraphs.push(wrap(`${this.talk()} ${this.talk()}`));
    }
  }

  /** A log with two errors in it. */
  log(lines: number): void {
    const errors = [this.random.whole(10, lines - 10), this.random.whole(10, lines - 10)];
    const log: string[] = [];
    for (let line = 0; line < lines; line++) {
      const seconds = String(line % 60).padStart(2, "0");
      const at = `2026-03-0${1 + (line % 9)}T10:00:${seconds}.${this.random.whole(100, 999)}Z`;
      if (errors.includes(line)) {
        const code = this.random.pick(CODES.filter((code) => code !== "HTTP-429"));
        const place = `${this.file()}.ts:${this.random.whole(1, 300)}`;
        log.push(`${at} ERROR request failed with ${code} at ${place}`);
        this.plant(code, place);
      } else {
        log.push(
          `${at} INFO request ${this.random.whole(1000, 9999)} served in ${this.random.whole(1, 90)} ms`,
        );
      }
    }
    this.paragraphs.push("It looks like this today:", `\`\`\`\n${log.join("\n")}\n\`\`\``);
  }

  /** A file of the project, shown in full. */
  body(lines: number): void {
    const path = `${this.file()}_${this.files.size}.ts`;
    const code = Array.from({ length: lines }, (_, line) =>
      line % 7 === 0
        ? `export function step${line}(input: number): number {`
        : line % 7 === 6
          ? "}"
          : `  const value${line} = compute(input, ${this.random.whole(1, 999)}); // ${this.random.pick(THINGS)}`,
    );
    this.files.set(path, lines);
    this.plant(path);
    this.paragraphs.push(
      `For reference, the file:`,
      `\`\`\`ts ${path}\n${code.join("\n")}\n\`\`\``,
    );
  }

  done(): Bloated {
    const text = `# What is wanted\n\n${this.paragraphs.join("\n\n")}\n`;
    return { text, planted: [...this.planted], files: this.files };
  }

  /** A sentence with something that must be kept. */
  private demand(): string {
    const { random } = this;
    const thing = random.pick(THINGS);
    const [number, unit] = [random.whole(2, 900), random.pick(UNITS)];
    const path = `${random.pick(FOLDERS)}/${thing}-${random.whole(1, 99)}.ts`;
    const name = `${thing}${random.pick(["Limit", "State", "Window", "Reader"])}${random.whole(1, 99)}`;
    const code = random.pick(CODES);
    const [before, kept, after] = random.pick(DEMANDS)({ thing, number, unit, path, name, code });
    this.plant(kept);
    return before + kept + after;
  }

  /** The name of a file, without its end. */
  private file(): string {
    return `${this.random.pick(FOLDERS)}/${this.random.pick(THINGS)}`;
  }

  private plant(...atoms: string[]): void {
    for (const atom of atoms) this.planted.add(atom);
  }

  private talk(): string {
    return this.random.pick(this.random.next() < 0.05 ? ASIDES : TALK);
  }
}

/** Lines of at most 90 characters. */
function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > 90) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}
