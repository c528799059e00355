/** A feature that lands is kept as a spec; who edits it gets a new version with the next command. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { EXPIRY, HITS, linksScript } from "./links.ts";
import { expectSuccess, printed } from "./outcome.ts";
import { inWorld } from "./shared.ts";
import type { World } from "./world.ts";

const INDEX = "specs/.metadata.json";
const DOCUMENTS = [
  ...["REQUEST.md", "SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml", "context.md"],
  "metadata.yaml",
];

interface Listed {
  id: string;
  version: string;
  status: string;
  files: Record<string, string>;
}

test("a landed feature is kept with all its documents, and an edit by hand is its next version", () =>
  inWorld({ script: linksScript({}, [EXPIRY, HITS]) }, async (world) => {
    const { repository } = world;
    expectSuccess(await world.run("plan", ["feature.md"]));
    const landed = await world.run("implement");
    expectSuccess(landed);

    const feature = only(world);
    expect(feature.id).toMatch(/^feature-001-[a-z0-9-]+$/);
    expect(printed(landed)).toContain(`The spec is saved in \`specs/${feature.id}\``);
    expect(feature).toMatchObject({ version: "1.0.0", status: "deployed" });
    const path = (name: string) => `specs/${feature.id}/${name}`;
    for (const name of DOCUMENTS) {
      expect(feature.files[name], name).toBe(sha256(repository.read(path(name))));
    }
    expect(repository.read(path("REQUEST.md")).trim()).toBe(repository.read("feature.md").trim());
    // YAML needs quotes where a hash could be a number.
    const result = new RegExp(`^result: "?${repository.head()}"?$`, "m");
    expect(repository.read(path("metadata.yaml"))).toMatch(result);
    // It is the person's to commit.
    expect(repository.git("status", "--porcelain", "--", "specs")).toBe("?? specs/");

    const backlog = repository.read(path("BACKLOG.yaml"));
    const criterion = EXPIRY.acceptance[1] ?? "";
    expect(backlog).toContain(criterion);
    repository.write(path("BACKLOG.yaml"), backlog.replace(criterion, "A link may last for ever"));
    const looked = await world.run("spec");
    expectSuccess(looked);
    expect(printed(looked)).toContain("was edited since");
    expect(only(world).version).toBe("1.0.0");

    const saved = await world.run("backlog", []);
    expect(saved.code).not.toBe(0);
    expect(printed(saved)).toContain(`specs/${feature.id} was edited and is now version 2.0.0`);
    expect(only(world)).toMatchObject({ version: "2.0.0", status: "deployed" });
    const metadata = repository.read(path("metadata.yaml"));
    expect(metadata).toMatch(/version: 2\.0\.0\n {4}at: .*\n {4}reason: person/);
    expect(metadata).toContain("A link may last for ever");
    expect(repository.read(path("versions/1.0.0/BACKLOG.yaml"))).toBe(backlog);

    repository.write(path("BACKLOG.yaml"), backlog.replace("acceptance:", "acceptance: none\n"));
    const broken = await world.run("spec", ["save"]);
    expect(broken.code).not.toBe(0);
    expect(printed(broken)).toMatch(new RegExp(`specs/${feature.id}/BACKLOG.yaml:\\d+: `));
    expect(only(world).version).toBe("2.0.0");
    const shown = await world.run("spec", ["show", "feature-001"]);
    expectSuccess(shown);
    expect(printed(shown)).toContain("version 2.0.0, deployed");
  }));

/** The one feature of the index. */
function only(world: World): Listed {
  const { features } = JSON.parse(world.repository.read(INDEX)) as { features: Listed[] };
  expect(features).toHaveLength(1);
  return features[0] as Listed;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
