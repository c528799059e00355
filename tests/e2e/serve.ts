/** A running OpenCode server, spoken to over HTTP as the terminal interface does it. */
import type { Running } from "./host.ts";

/** A message of a chat, as far as tests look. */
export interface Message {
  info: {
    id: string;
    role: string;
    providerID?: string;
    error?: { name: string; data?: { message?: string } };
  };
  parts: { type: string; text?: string; tool?: string; state?: Record<string, unknown> }[];
}

export interface Server {
  /** Opens a chat and gives back its id. */
  open(): Promise<string>;
  /** Gives a command and waits for the end of its turn. */
  command(chat: string, name: string, args?: string): Promise<Message>;
  /** Says something to an ordinary agent and waits for the answer. */
  say(chat: string, text: string): Promise<Message>;
  /** What pressing Esc twice does. */
  abort(chat: string): Promise<void>;
  messages(chat: string): Promise<Message[]>;
  children(chat: string): Promise<{ id: string; title: string }[]>;
  /** Deletes a session, as a person can. */
  remove(session: string): Promise<void>;
  /** The answer to any other question. */
  get<T>(path: string): Promise<T>;
  /** Closes the directory's instance; the server goes on. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

export async function serve(running: Running, directory: string): Promise<Server> {
  const [, url] = await running.printed(/listening on (http:\S+)/);
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", "x-opencode-directory": directory },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  return {
    open: async () => (await ask<{ id: string }>("POST", "/session", {})).id,
    command: (chat, command, args = "") =>
      ask("POST", `/session/${chat}/command`, { command, arguments: args }),
    say: (chat, text) =>
      ask("POST", `/session/${chat}/message`, { agent: "build", parts: [{ type: "text", text }] }),
    abort: (chat) => ask("POST", `/session/${chat}/abort`),
    messages: (chat) => ask("GET", `/session/${chat}/message`),
    children: (chat) => ask("GET", `/session/${chat}/children`),
    remove: (session) => ask("DELETE", `/session/${session}`),
    get: (path) => ask("GET", path),
    close: () => ask("POST", "/instance/dispose"),
    stop: async () => {
      running.signal("SIGTERM");
      const timer = setTimeout(running.kill, 5_000);
      await running.finished;
      clearTimeout(timer);
    },
  };
}

/** Resolves when a session below a chat was told this: a script would go on before it can hear it. */
export async function told(server: Server, chat: string, words: string): Promise<void> {
  for (;;) {
    const agents = await server.children(chat);
    const said = await Promise.all(agents.map(({ id }) => server.messages(id)));
    if (JSON.stringify(said).includes(words)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All text of a message. */
export function textOf(message: Message): string {
  return message.parts.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
}
