// Looks models up in the host's catalogue.
import { type Host, troubleFrom } from "../host/host.ts";
import type {
  CatalogueEntry,
  CatalogueOperation,
  CatalogueOutcome,
  ModelRef,
} from "../protocol.ts";

const SIMILAR_MAX = 3;

export async function performCatalogue(
  host: Host,
  operation: CatalogueOperation,
): Promise<CatalogueOutcome> {
  try {
    const known = await host.models();
    const names = known.map(({ ref }) => nameOf(ref));
    const look = (model: ModelRef): CatalogueEntry => {
      const found = known[names.indexOf(nameOf(model))];
      if (!found) return { type: "unknown", model, similar: similar(nameOf(model), names) };
      const { input_usd, output_usd, context_tokens } = found;
      return { type: "known", model, input_usd, output_usd, context_tokens };
    };
    return { type: "found", models: operation.models.map(look) };
  } catch (error) {
    return { type: "failed", message: troubleFrom(error).message };
  }
}

function nameOf({ provider, model }: ModelRef): string {
  return `${provider}/${model}`;
}

/** The names that share the most pairs of letters with `wanted`, the most alike first. */
function similar(wanted: string, names: string[]): string[] {
  const pairs = pairsOf(wanted);
  const likeness = (name: string): number => {
    const others = pairsOf(name);
    const shared = [...others].filter((pair) => pairs.has(pair)).length;
    return (2 * shared) / (pairs.size + others.size);
  };
  return names
    .map((name) => ({ name, score: likeness(name) }))
    .filter(({ score }) => score > 0.4)
    .sort((a, b) => b.score - a.score || a.name.localeCompare(b.name))
    .slice(0, SIMILAR_MAX)
    .map(({ name }) => name);
}

function pairsOf(name: string): Set<string> {
  const text = name.toLowerCase();
  return new Set(
    Array.from({ length: Math.max(0, text.length - 1) }, (_, index) =>
      text.slice(index, index + 2),
    ),
  );
}
