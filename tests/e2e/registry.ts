/** A tiny npm registry on this machine. It knows the packages it is given and no others. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface Registry {
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  stop(): void;
}

/** A package as `npm publish` would hand it in. */
export interface Published {
  /** The path of the archive. */
  archive: string;
  /** Its package.json. */
  manifest: { name: string; version: string };
}

/** A stand-in for `@opencode-ai/plugin`, which OpenCode installs beside every configuration and waits
 * for before it loads plugins. */
export function pluginTypes(directory: string, version: string): Published {
  const manifest = { name: "@opencode-ai/plugin", version };
  mkdirSync(join(directory, "package"), { recursive: true });
  writeFileSync(join(directory, "package/package.json"), JSON.stringify(manifest));
  const archive = join(directory, "plugin.tgz");
  execFileSync("tar", ["-czf", archive, "-C", directory, "package"]);
  return { archive, manifest };
}

export async function serveRegistry(packages: Published[]): Promise<Registry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").replace(/\?.*/, "");
    asked.push(path);
    const isMeant = ({ manifest: { name } }: Published) =>
      path === `/${name}` || path === archivePath(name);
    const found = packages.find(isMeant);
    if (found === undefined) return response.writeHead(404).end("{}");
    if (path === archivePath(found.manifest.name)) return response.end(readFileSync(found.archive));
    return response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify(packument(url, found)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, asked, stop };
}

function archivePath(name: string): string {
  return `/${name}/-/package.tgz`;
}

/** What npm reads first: the versions of a package and where their archives are. */
function packument(url: string, { archive, manifest }: Published) {
  const bytes = readFileSync(archive);
  const dist = {
    tarball: url + archivePath(manifest.name),
    shasum: createHash("sha1").update(bytes).digest("hex"),
    integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
  };
  return {
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}
