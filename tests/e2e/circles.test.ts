/** An agent that does the same thing again and again is told so once, and then stopped. */
import { expect, test } from "vitest";
import { EXPIRY, linksScript, solve } from "./links.ts";
import { bash, type Call, type Reply } from "./model.ts";
import { expectAnswered, planned, statusOf } from "./outcome.ts";
import { told } from "./serve.ts";
import { inWorld } from "./shared.ts";
import type { World } from "./world.ts";

const SAME: Reply = { tools: [bash("grep -rn TODO src || true")] };
const TOLD = "You seem to go in circles";

/** How often the model was told in this request. */
function toldIn({ request }: Call): number {
  return JSON.stringify(request.messages).split(TOLD).length - 1;
}

/** The implementer is given how often it was told, once that was as often as it is going to be: it is told
 * after five equal calls, and a script would have gone on before it can hear that. */
function implementing(
  implementer: (call: Call, told: number) => Reply | Reply[],
  body: (world: World) => Promise<void>,
): Promise<void> {
  let untilTold = async (): Promise<void> => undefined;
  const answer = async (call: Call) => {
    const times = toldIn(call);
    if (call.attempt === 1 && call.step >= 5 && times === 0) await untilTold();
    return implementer(call, times);
  };
  const script = linksScript({ implementer: answer }, [EXPIRY]);
  return inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    const server = await world.serve();
    const chat = await server.open();
    untilTold = () => told(server, chat, TOLD);
    expectAnswered(await server.command(chat, "implement"));
    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(await server.children(chat)).toEqual([]);
    await body(world);
  });
}

test("an agent that heeds what it is told goes on in the same attempt", () => {
  let heard = 0;
  const implementer = (_: Call, times: number): Reply => {
    if (times === 0) return SAME;
    const [work = "", last = ""] = solve(EXPIRY);
    heard += 1;
    return heard === 1 ? work : last;
  };
  return implementing(implementer, async (world) => {
    expect(statusOf(world, "T01")).toMatchObject({ attempts: 1 });
    expect(world.model.opened("implementer")).toHaveLength(1);
  });
});

test("an agent that does not is stopped, and the next attempt knows why", () => {
  let heard = 0;
  const implementer = ({ attempt }: Call, times: number): Reply | Reply[] => {
    if (attempt > 1) return solve(EXPIRY);
    heard += times;
    // It never stops by itself.
    return heard > 6 ? { hang: true } : SAME;
  };
  return implementing(implementer, async (world) => {
    expect(statusOf(world, "T01")).toMatchObject({ attempts: 2 });
    const calls = world.model.callsOf("implementer");
    const [first, second] = [1, 2].map((nth) => calls.filter(({ attempt }) => attempt === nth));
    expect(first?.some((call) => toldIn(call) === 1)).toBe(true);
    expect(first?.length).toBeLessThan(20);
    expect(second?.[0]?.text).toMatch(/Don't .*circles|Don't .*bash/i);
  });
});
