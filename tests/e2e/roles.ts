/** Who is asking the model? The request says it only in its text, as it does to a real model. */
import { readFileSync } from "node:fs";
import type { ChatCompletionRequest, ChatMessage } from "@copilotkit/aimock";

const AGENTS = [
  "planner-spec",
  "planner-arch",
  "planner-qa",
  "backlog",
  "implementer",
  "reviewer",
  "documenter",
  "rebase",
  "compressor",
] as const;

/** One of our agents; `title` and `compaction` are OpenCode's own, `other` is any agent of the person's. */
export type Role = (typeof AGENTS)[number] | "title" | "compaction" | "other";

/** A task as the scripts know it, by what its prompts are bound to say. */
export interface KnownTask {
  id: string;
  title: string;
  acceptance: string[];
}

/** The first line of each agent's prompt, which no two agents share. */
const FIRST_LINES: [string, Role][] = [
  ...AGENTS.map((agent): [string, Role] => [firstLine(agent), agent]),
  ["You are a title generator", "title"],
  ["You are a context summarization agent", "compaction"],
];

function firstLine(agent: string): string {
  const text = readFileSync(new URL(`../../prompts/${agent}.md`, import.meta.url), "utf8");
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

/** The role of a request, from its system prompt. */
export function roleOf(request: ChatCompletionRequest): Role {
  const system = textsOf(request, "system").join("\n");
  return FIRST_LINES.find(([line]) => system.includes(line))?.[1] ?? "other";
}

/** The task a request is about, from the text it began with; `undefined` when there is none. */
export function taskOf(request: ChatCompletionRequest, tasks: KnownTask[]): string | undefined {
  const text = textsOf(request, "user")[0] ?? "";
  const found = tasks.filter((task) => text.includes(task.title));
  const candidates =
    found.length > 0
      ? found
      : tasks.filter((task) => text.includes(task.acceptance[0] ?? task.title));
  return candidates.sort((a, b) => b.title.length - a.title.length)[0]?.id;
}

/** The texts of all messages of a kind. */
export function textsOf(request: ChatCompletionRequest, kind: ChatMessage["role"]): string[] {
  return request.messages.filter((message) => message.role === kind).map(textOf);
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}
