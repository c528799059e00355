/** The feature that most tests build: short links that expire, are counted and are checked.
 * Three tasks that can go in parallel and one that joins them. */
import { type Answer, bash, type Call, type Reply, type Script, writeFile } from "./model.ts";

/** A task as a backlog describes it, with the work that the scripted agent does for it. */
export interface ScriptedTask {
  id: string;
  title: string;
  description: string;
  depends_on: string[];
  acceptance: string[];
  scope: { files_hint: string[]; estimated_hours: number };
  context: { constraints: string[]; patterns: string[]; gotchas: string[] };
  /** Path and text of each file that the good solution holds. */
  solution: Record<string, string>;
}

const testOf = (name: string, imports: string, body: string) =>
  `import assert from "node:assert/strict";\nimport { test } from "node:test";\n${imports}\n\ntest("${name}", () => {\n${body}\n});\n`;

export const EXPIRY: ScriptedTask = {
  id: "T01",
  title: "Tell when a link has expired",
  description: "Add isExpired(link, now) to src/expiry.js.",
  depends_on: [],
  acceptance: [
    "isExpired is true from the moment the time to live is over",
    "A link without expiresAt never expires",
  ],
  scope: { files_hint: ["src/expiry.js", "test/expiry.test.js"], estimated_hours: 1 },
  context: {
    constraints: ["No dependencies"],
    patterns: ["One function a module, as in src/slug.js"],
    gotchas: ["Time is a number of milliseconds"],
  },
  solution: {
    "src/expiry.js":
      "/** Whether a link is over at the given time. */\nexport function isExpired(link, now) {\n  return link.expiresAt !== undefined && now >= link.expiresAt;\n}\n",
    "test/expiry.test.js": testOf(
      "a link is over when its time is",
      'import { isExpired } from "../src/expiry.js";',
      "  assert.equal(isExpired({ expiresAt: 10 }, 9), false);\n  assert.equal(isExpired({ expiresAt: 10 }, 10), true);\n  assert.equal(isExpired({}, 10), false);",
    ),
  },
};

export const HITS: ScriptedTask = {
  id: "T02",
  title: "Count how often a link is used",
  description: "Add a class Hits to src/hits.js.",
  depends_on: [],
  acceptance: ["count(slug) is the number of add(slug) calls", "An unknown slug counts zero"],
  scope: { files_hint: ["src/hits.js", "test/hits.test.js"], estimated_hours: 1 },
  context: {
    constraints: ["No dependencies"],
    patterns: ["A class with private fields, as in src/store.js"],
    gotchas: [],
  },
  solution: {
    "src/hits.js":
      "/** Counts look-ups by slug. */\nexport class Hits {\n  #counts = new Map();\n\n  add(slug) {\n    this.#counts.set(slug, this.count(slug) + 1);\n  }\n\n  count(slug) {\n    return this.#counts.get(slug) ?? 0;\n  }\n}\n",
    "test/hits.test.js": testOf(
      "look-ups are counted",
      'import { Hits } from "../src/hits.js";',
      '  const hits = new Hits();\n  hits.add("a");\n  hits.add("a");\n  assert.equal(hits.count("a"), 2);\n  assert.equal(hits.count("b"), 0);',
    ),
  },
};

export const ADDRESS: ScriptedTask = {
  id: "T03",
  title: "Refuse addresses that are not http",
  description: "Add isAddress(text) to src/address.js.",
  depends_on: [],
  acceptance: [
    "isAddress is true for http and https only",
    "Text that is no URL is refused without throwing",
  ],
  scope: { files_hint: ["src/address.js", "test/address.test.js"], estimated_hours: 1 },
  context: {
    constraints: ["No dependencies"],
    patterns: ["One function a module, as in src/slug.js"],
    gotchas: ["URL.canParse is not in Node 18"],
  },
  solution: {
    "src/address.js":
      "/** Whether a text is an address that can be shortened. */\nexport function isAddress(text) {\n  try {\n    return /^https?:$/.test(new URL(text).protocol);\n  } catch {\n    return false;\n  }\n}\n",
    "test/address.test.js": testOf(
      "only http and https are addresses",
      'import { isAddress } from "../src/address.js";',
      '  assert.equal(isAddress("https://example.org"), true);\n  assert.equal(isAddress("ftp://example.org"), false);\n  assert.equal(isAddress("no address"), false);',
    ),
  },
};

export const JOINED: ScriptedTask = {
  id: "T04",
  title: "Use expiry, counting and checking in the shortener",
  description: "Shortener.shorten(url, ttl) and resolve(slug, now) use the three new modules.",
  depends_on: ["T01", "T02", "T03"],
  acceptance: [
    "An expired link is not found",
    "shorten throws a TypeError for what is no address",
    "hits(slug) counts successful look-ups",
  ],
  scope: { files_hint: ["src/index.js", "test/shortener.test.js"], estimated_hours: 2 },
  context: {
    constraints: ["Calls without a time to live work as before"],
    patterns: [],
    gotchas: [],
  },
  solution: {
    "src/index.js":
      'import { isAddress } from "./address.js";\nimport { isExpired } from "./expiry.js";\nimport { Hits } from "./hits.js";\nimport { slugOf } from "./slug.js";\nimport { Store } from "./store.js";\n\n/** Shortens addresses and finds them again. */\nexport class Shortener {\n  #store = new Store();\n  #hits = new Hits();\n\n  shorten(url, ttl, now = Date.now()) {\n    if (!isAddress(url)) throw new TypeError(`not an address: ${url}`);\n    const slug = slugOf(this.#store.size);\n    this.#store.put(slug, { url, expiresAt: ttl === undefined ? undefined : now + ttl });\n    return slug;\n  }\n\n  resolve(slug, now = Date.now()) {\n    const link = this.#store.get(slug);\n    if (link === undefined || isExpired(link, now)) return undefined;\n    this.#hits.add(slug);\n    return link.url;\n  }\n\n  hits(slug) {\n    return this.#hits.count(slug);\n  }\n}\n',
    "test/expiring.test.js": testOf(
      "links expire and are counted",
      'import { Shortener } from "../src/index.js";',
      '  const links = new Shortener();\n  const slug = links.shorten("https://example.org/a", 100, 0);\n  assert.equal(links.resolve(slug, 50), "https://example.org/a");\n  assert.equal(links.resolve(slug, 100), undefined);\n  assert.equal(links.hits(slug), 1);\n  assert.throws(() => links.shorten("nonsense"), TypeError);',
    ),
  },
};

export const LINKS = [EXPIRY, HITS, ADDRESS, JOINED];

const section = (title: string, ...points: string[]) =>
  `## ${title}\n\n${points.map((point) => `- ${point}`).join("\n")}\n`;

export const SPEC = `# Specification\n\n${section("Requirements", "Links may expire", "Look-ups are counted", "Only http and https")}\n${section("Acceptance Criteria", "An expired link is not found", "Counts are exact")}\n${section("Constraints", "No dependencies")}\n${section("Open Questions", "None")}`;

export const ARCH = `# Architecture\n\n${section("Design Overview", "Three small modules and the shortener")}\n${section("Components", "src/expiry.js", "src/hits.js", "src/address.js")}\n${section("API Specification", "shorten(url, ttl?, now?)", "resolve(slug, now?)", "hits(slug)")}\n${section("Data Flow", "shorten checks, stores; resolve looks up, checks expiry, counts")}\n${section("Patterns to Follow", "One subject a module")}`;

export const QA = `# Quality\n\n${section("Test Plan", "Unit tests for each module")}\n${section("Risks", "Clocks: pass the time in")}\n${section("Security Considerations", "javascript: addresses are refused")}\n${section("Gotchas", "Expiry at the exact moment counts as over")}`;

/** The tasks as a backlog agent answers: one fenced block. */
export function backlogReply(tasks: ScriptedTask[]): string {
  return `Here is the backlog.\n\n\`\`\`yaml\n${tasksYaml(tasks)}\`\`\`\n`;
}

/** A whole BACKLOG.yaml, as `/plan` leaves it. */
export function backlogFile(tasks: ScriptedTask[], track = "links"): string {
  return `version: "1.0"\ntrack_id: ${track}\ncreated_at: "2026-01-01T00:00:00Z"\n${tasksYaml(tasks, "    status: pending\n")}`;
}

function tasksYaml(tasks: ScriptedTask[], more = ""): string {
  const list = (items: string[]) => `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
  const one = (task: ScriptedTask) =>
    `  - id: ${task.id}\n    title: ${JSON.stringify(task.title)}\n    description: ${JSON.stringify(task.description)}\n${more}` +
    `    depends_on: ${list(task.depends_on)}\n    acceptance: ${list(task.acceptance)}\n` +
    `    scope:\n      files_hint: ${list(task.scope.files_hint)}\n      estimated_hours: ${task.scope.estimated_hours}\n` +
    `    context:\n      constraints: ${list(task.context.constraints)}\n      patterns: ${list(task.context.patterns)}\n      gotchas: ${list(task.context.gotchas)}\n`;
  return `tasks:\n${tasks.map(one).join("")}`;
}

/** Writes all files of a solution in one turn and says so in the next. */
export function solve(task: ScriptedTask, changes: Record<string, string> = {}): Reply[] {
  const files = Object.entries({ ...task.solution, ...changes });
  const commands = files.map(([path, text]) => put(path, text));
  return [{ tools: commands }, `Done: ${task.title}.`];
}

/** A file written whole, whether it exists or not: `write` wants an existing file to be read first. */
function put(path: string, text: string) {
  return path === "src/index.js"
    ? bash(`cat > ${path} <<'END'\n${text}END`)
    : writeFile(path, text);
}

export const APPROVED =
  "The change does what it should.\n\n```yaml\nverdict: approved\nissues: []\n```\n";

export const refused = (...issues: string[]) =>
  `\`\`\`yaml\nverdict: changes_requested\nissues:\n${issues.map((issue) => `  - ${JSON.stringify(issue)}\n`).join("")}\`\`\`\n`;

/** Everybody does good work at the first attempt; what is given replaces the answer of that role. */
export function linksScript(answers: Script = {}, tasks: ScriptedTask[] = LINKS): Script {
  const implementer: Answer = (call) => solve(taskNamed(call, tasks));
  return {
    tasks,
    "planner-spec": SPEC,
    "planner-arch": ARCH,
    "planner-qa": QA,
    backlog: backlogReply(tasks),
    implementer,
    reviewer: APPROVED,
    ...answers,
  };
}

/** The task of a call. A worker whose task cannot be told from its text is a failure of the test. */
export function taskNamed(call: Call, tasks: ScriptedTask[] = LINKS): ScriptedTask {
  const task = tasks.find(({ id }) => id === call.task);
  if (task === undefined) throw new Error(`no task recognised in: ${call.text.slice(0, 200)}`);
  return task;
}
