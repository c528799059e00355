// Module hooks: types are taken out by esbuild, and "./x.js" finds "./x.ts".
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !/^\.{1,2}\/.*\.js$/.test(specifier)) throw error;
    return await nextResolve(specifier.replace(/\.js$/, ".ts"), context);
  }
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return await nextLoad(url, context);
  const path = fileURLToPath(url);
  const source = await readFile(path, "utf8");
  const { code } = await transform(source, {
    format: "esm",
    loader: "ts",
    sourcefile: path,
    sourcemap: "inline",
    target: "node20.12",
  });
  return { format: "module", shortCircuit: true, source: code };
}
