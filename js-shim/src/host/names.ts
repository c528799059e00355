// Names that both bundles and the person's configuration see.

/** The plugin, its provider and its log entries. */
export const PLUGIN = "multi-agent-coder";
/** The model of that provider that runs commands. */
export const MODEL = "conductor";
/** The agent that uses it. */
export const AGENT = "conductor";
/** Headers that tell the in-process model which turn it answers. */
export const CHAT_HEADER = "x-multi-agent-coder-chat";
export const MESSAGE_HEADER = "x-multi-agent-coder-message";
