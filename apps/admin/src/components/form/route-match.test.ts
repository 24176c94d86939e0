import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdits } from "@sluice/config/browser";
import { readYaml } from "../resource/read-yaml.ts";
import {
  ACTION_KINDS,
  actionEdits,
  actionKindOf,
  MATCH_KINDS,
  matchEdits,
  matchKindOf,
  matchTextOf,
} from "./route-match.ts";

const ROUTE = "match: { prefix: /a, headers: [] }\nroute: { cluster: web, timeout: 3s }\n";

test("changing the kind of match keeps its text and leaves exactly one kind", () => {
  let yaml = ROUTE;
  for (const kind of [...MATCH_KINDS, "prefix" as const]) {
    yaml = applyEdits(
      `r:\n${yaml.replace(/^/gm, "  ").trimEnd()}\n`,
      matchEdits("r", kind, matchTextOf(readYaml(yaml).value)),
    );
    yaml = yaml.replace(/^r:\n/, "").replace(/^ {2}/gm, "");
    const { value } = readYaml(yaml);
    assert.equal(matchKindOf(value), kind);
    assert.equal(matchTextOf(value), "/a");
  }
});

test("every kind of action can become every other one, with one action left", () => {
  for (const from of ACTION_KINDS) {
    for (const to of ACTION_KINDS) {
      const begin = applyEdits(
        `r: ${JSON.stringify(readYaml(ROUTE).value)}\n`,
        actionEdits("r", readYaml(ROUTE).value, from),
      );
      const route = (readYaml(begin).value as { r: unknown }).r;
      const end = (
        readYaml(applyEdits(begin, actionEdits("r", route, to))).value as { r: Record<string, unknown> }
      ).r;
      assert.equal(actionKindOf(end), to, `${from} to ${to}`);
      assert.equal(["route", "redirect", "direct_response"].filter((field) => field in end).length, 1);
    }
  }
});
