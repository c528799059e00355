// `npm run lock`: writes package-lock.json anew, complete for every platform.
//
// A registry may lack some of a package's platform builds. npm then leaves them out of the lock
// without a word, and `npm ci` refuses that lock wherever they do exist. So each optional
// dependency with an exact version that names a platform gets its entry back.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PLATFORM =
  /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|windows)-(\w+)/;
const root = fileURLToPath(new URL("../..", import.meta.url));
const path = `${root}/package-lock.json`;
const { status } = spawnSync("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], {
  cwd: root,
  shell: process.platform === "win32",
  stdio: "inherit",
});
if (status !== 0) process.exit(1);

const lock = JSON.parse(readFileSync(path, "utf8"));
const added = [];
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    const platform = PLATFORM.exec(name);
    if (lock.packages[key] || !platform || !/^\d/.test(version)) continue;
    lock.packages[key] = {
      version,
      cpu: [platform[2]],
      dev: true,
      ...(name.includes("musl") ? { libc: ["musl"] } : {}),
      optional: true,
      os: [platform[1] === "windows" ? "win32" : platform[1]],
    };
    added.push(name);
  }
}
// npm sorts its keys like this too.
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(
  added.length === 0 ? "The lock is complete." : `Added to the lock: ${added.join(", ")}`,
);
