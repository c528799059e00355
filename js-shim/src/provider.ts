// The module that OpenCode loads as the AI SDK provider of the in-process model. It calls the first
// export whose name begins with `create`.
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { conductorModel } from "./host/v1-model.ts";

export function createConductor(): { languageModel: (modelId: string) => LanguageModelV3 } {
  return { languageModel: conductorModel };
}
