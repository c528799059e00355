/** How large requests are, by role, as they came over the wire. */
import type { Call } from "./model.ts";
import type { Role } from "./roles.ts";

/** What a request of ours may hold beside the text that its session began with, in bytes. */
export const FRAME_MAX = 3_500;

export interface Sizes {
  role: Role;
  /** First requests of sessions. */
  sessions: number;
  /** Of the largest one: all of it, what its tools take, and all but the text it begins with. */
  bytes: number;
  tools: number;
  frame: number;
}

/** A request without the text that its session began with, in bytes. */
export function frameOf(call: Call): number {
  return call.bytes - Buffer.byteLength(JSON.stringify(call.text));
}

/** The first requests of each role that came. */
export function sizesByRole(calls: Call[]): Sizes[] {
  const roles = [...new Set(calls.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const first = calls.filter((call) => call.role === role && call.step === 0);
    const largest = [...first].sort((a, b) => frameOf(b) - frameOf(a))[0];
    if (largest === undefined) return [];
    const tools = Buffer.byteLength(JSON.stringify(largest.request.tools ?? []));
    return [{ role, sessions: first.length, bytes: largest.bytes, tools, frame: frameOf(largest) }];
  });
}

/** One line a role. */
export function sizesTable(sizes: Sizes[]): string {
  const row = ({ role, sessions, bytes, tools, frame }: Sizes) =>
    `${role.padEnd(14)} ${String(sessions).padStart(8)} ${String(bytes).padStart(7)} ${String(tools).padStart(7)} ${String(frame).padStart(7)}`;
  return ["role           sessions   bytes   tools   frame", ...sizes.map(row)].join("\n");
}
