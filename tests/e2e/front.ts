/** A web server in front of the scripted model, for the answers that no model should give: it writes
 * them byte by byte, and hands every other request on. */
import {
  createServer,
  type IncomingMessage,
  request as open,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** An answer as it goes over the wire. */
export interface Raw {
  status?: number;
  headers?: Record<string, string>;
  /** What is written, one after the other. */
  pieces: string[];
  /** Whether the answer then ends as it should, goes silent, or loses its connection. */
  ending: "end" | "hang" | "cut";
}

/** Decides on the body of a request: an answer to write, or the body to hand on. */
export type Decide = (body: string) => Promise<Raw | string>;

export class Front {
  private constructor(private readonly server: Server) {}

  /** Listens on this machine, before the model at `target`. */
  static async start(target: string, decide: Decide): Promise<Front> {
    const server = createServer((incoming, outgoing) => {
      answer(incoming, outgoing, target, decide).catch(() => outgoing.destroy());
    });
    server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Front(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: string,
  decide: Decide,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const decision = await decide(Buffer.concat(pieces).toString("utf8"));
  if (typeof decision === "string") return handOn(incoming, outgoing, target, decision);
  const { status = 200, headers = { "content-type": "text/event-stream" } } = decision;
  outgoing.writeHead(status, headers);
  outgoing.flushHeaders();
  for (const piece of decision.pieces)
    await new Promise<unknown>((resolve) => outgoing.write(piece, resolve));
  if (decision.ending === "end") outgoing.end();
  if (decision.ending === "cut") outgoing.destroy();
}

function handOn(
  { method, url = "/", headers }: IncomingMessage,
  outgoing: ServerResponse,
  target: string,
  body: string,
): void {
  const { "content-length": _length, host: _host, ...rest } = headers;
  const outer = { ...rest, "content-length": String(Buffer.byteLength(body)) };
  // A connection each: one that is kept may be closed just when it is used again.
  const options = { method, headers: outer, agent: false };
  const onward = open(target + url, options, (response) => {
    outgoing.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(outgoing);
    response.on("error", () => outgoing.destroy());
  });
  onward.on("error", () => outgoing.destroy());
  // Whoever asked has gone: nobody waits for the model any more.
  outgoing.on("close", () => onward.destroy());
  onward.end(body);
}
