/** The plugin, for `"plugin": ["multi-agent-coder"]` in OpenCode's configuration. */
declare const plugin: {
  id: "multi-agent-coder";
  server(input: never, options?: Record<string, unknown>): Promise<object>;
};
export default plugin;
