import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { listAudit } from "../audit/list-audit.ts";
import type { Context } from "../contract.ts";
import { patchResource } from "../draft/patch-resource.ts";
import { putResource } from "../draft/put-resource.ts";
import { removeResource } from "../draft/remove-resource.ts";
import { resetDraft } from "../draft/reset-draft.ts";
import { resetResource } from "../draft/reset-resource.ts";
import { removeNode } from "../node/remove-node.ts";
import { createFirstRoute } from "../setup/create-first-route.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { importYaml } from "../transfer/import-yaml.ts";
import { publish } from "../version/publish.ts";
import { rollback } from "../version/rollback.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

const REF = { kind: "clusters", name: "x" } as const;
const ROUTE = { domain: "*", path: "/", port: 1, host: "h", upstreamPort: 1 };
const VERBS: Readonly<Record<string, (context: Context) => Promise<unknown>>> = {
  "draft.put": (context) => putResource(context, { kind: "clusters", yaml: clusterYaml("x") }),
  "draft.put ": (context) => patchResource(context, { ...REF, edits: [], expectedRevision: 1 }),
  "draft.remove": (context) => removeResource(context, REF),
  "draft.reset": (context) => resetResource(context, REF),
  "draft.reset ": (context) => resetDraft(context),
  "draft.first_route": (context) => createFirstRoute(context, ROUTE),
  "draft.import": (context) => importYaml(context, { text: clusterYaml("x") }),
  "version.publish": (context) => publish(context, { message: "m" }),
  "version.rollback": (context) => rollback(context, { version: 1 }),
  "node.remove": (context) => removeNode(context, "n"),
};

for (const [action, verb] of Object.entries(VERBS)) {
  test(`${action.trim()}: a viewer is refused and the attempt is audited, an editor and an admin are let in`, async () => {
    const eve = config.as("viewer", "eve");
    await assert.rejects(verb(eve), { code: "forbidden" });
    const { events } = await listAudit(eve, { limit: 1, actor: "eve" });
    assert.equal(events[0]?.action, action.trim());
    assert.deepEqual(events[0]?.details, { refused: "forbidden", role: "viewer" });
    for (const role of ["editor", "admin"] as const) {
      const code = await verb(config.as(role)).then(
        () => "done",
        (error) => error.code,
      );
      assert.ok(
        ["done", "not_found", "already_exists", "conflict", "nothing_to_publish"].includes(code),
        code,
      );
    }
  });
}
