/** What the scripted model does in the demo: three tasks at once, one after them, one of them wrong
 * at first. */
import { EXPIRY, LINKS, linksScript, solve, taskNamed } from "../e2e/links.ts";
import type { Answer, Reply, Script } from "../e2e/model.ts";

/** Forgets that a link is over at the exact moment, which the test of the same change tells. */
const OFF_BY_ONE = EXPIRY.solution["src/expiry.js"]?.replace(">=", ">") ?? "";

/** Thinking takes a moment, so that a person can follow. */
const THINKING_MS = 400;

export function story(): Script {
  const good = linksScript();
  const slow =
    (answer: Answer | undefined): Answer =>
    async (call) => {
      const replies = typeof answer === "function" ? await answer(call) : (answer ?? "");
      const pause_ms = THINKING_MS + 150 * (LINKS.findIndex(({ id }) => id === call.task) + 1);
      const delayed = (reply: Reply): Reply =>
        typeof reply === "string"
          ? { text: reply, delay_ms: pause_ms }
          : { ...reply, delay_ms: pause_ms };
      return Array.isArray(replies) ? replies.map(delayed) : delayed(replies);
    };
  const implementer: Answer = (call) =>
    solve(
      taskNamed(call),
      call.task === EXPIRY.id && call.attempt === 1 ? { "src/expiry.js": OFF_BY_ONE } : {},
    );
  return {
    ...good,
    "planner-spec": slow(good["planner-spec"]),
    "planner-arch": slow(good["planner-arch"]),
    "planner-qa": slow(good["planner-qa"]),
    backlog: slow(good.backlog),
    implementer: slow(implementer),
    reviewer: slow(good.reviewer),
  };
}
