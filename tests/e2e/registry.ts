/** A tiny npm registry on this machine that knows one package. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";

export interface Registry {
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  stop(): void;
}

/** Serves an archive that `npm pack` made, under the name and version of its manifest. */
export async function serveRegistry(
  archive: string,
  manifest: { name: string; version: string },
): Promise<Registry> {
  const bytes = readFileSync(archive);
  const file = basename(archive);
  const asked: string[] = [];
  const packument = (url: string) => ({
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: {
      [manifest.version]: {
        ...manifest,
        dist: {
          tarball: `${url}/${manifest.name}/-/${file}`,
          shasum: createHash("sha1").update(bytes).digest("hex"),
          integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
        },
      },
    },
  });
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").replace(/\?.*/, "");
    asked.push(path);
    if (path === `/${manifest.name}/-/${file}`) return response.end(bytes);
    if (path !== `/${manifest.name}`) return response.writeHead(404).end("{}");
    return response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify(packument(url)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, asked, stop };
}
