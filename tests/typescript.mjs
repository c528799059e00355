// `node --import ./tests/typescript.mjs file.ts` runs TypeScript in a Node that cannot do so itself.
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);
