// Shows the person something, in the chat where they gave the command.
import type { ChatTurn } from "../host/host.ts";
import type { ChatOperation } from "../protocol.ts";

/** Never throws: a chat that is not there any more shows nothing. */
export function show(turn: ChatTurn | undefined, operation: ChatOperation): void {
  if (!turn) return;
  switch (operation.type) {
    case "say":
      return turn.say(operation.text);
    case "open":
      return turn.open({
        id: operation.entry,
        title: operation.title,
        agent: operation.agent,
        session: operation.session,
      });
    case "close":
      return turn.close(operation.entry, operation.is_ok, operation.text);
    case "end":
      return turn.end(operation.error);
  }
}
