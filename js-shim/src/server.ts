// The plugin's entry: one default export and nothing else.
import type { PluginModule } from "@opencode-ai/plugin";
import { V1Plugin } from "./host/v1-plugin.ts";

const plugin: PluginModule = {
  id: "multi-agent-coder",
  server: async (input, options) => new V1Plugin(input, options).hooks(),
};

export default plugin;
