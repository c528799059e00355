/** After one of our commands the chat goes on with an ordinary model, as if nothing had been there. */
import { expect, test } from "vitest";
import { linksScript } from "./links.ts";
import { textOf } from "./serve.ts";
import { inWorld } from "./world.ts";

test("a later message reaches the person's model, without tool calls of ours", () =>
  inWorld({ script: linksScript({ other: "You are welcome." }) }, async (world) => {
    const server = await world.serve();
    const chat = await server.open();
    const planned = await server.command(chat, "plan", "feature.md");
    expect(planned.info.error).toBeUndefined();
    expect(planned.parts.some(({ type }) => type === "tool")).toBe(true);

    const answer = await server.say(chat, "Thank you.");
    expect(textOf(answer)).toBe("You are welcome.");
    const request = world.model.callsOf("other").at(-1)?.request;
    expect(request?.model).toBe("strong");
    const called =
      request?.messages.flatMap((message) => message.tool_calls ?? []).map(({ id }) => id) ?? [];
    const answered = request?.messages.flatMap((message) => message.tool_call_id ?? []) ?? [];
    expect(called.filter((id) => !answered.includes(id))).toEqual([]);
    expect(world.model.calls.filter(({ role }) => role === "title")).toEqual([]);
    await server.stop();
  }));
