import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { TYPE_URLS } from "../type-urls.ts";
import { createFileClient } from "./file-client.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-file-xds-"));
});
after(() => rmSync(dir, { recursive: true }));

const clusters = (version: string, ...names: string[]): string => `version_info: "${version}"
resources:
${names.map((name) => `- { "@type": ${TYPE_URLS.cluster}, name: ${name} }`).join("\n")}
`;

function put(name: string, text: string): void {
  writeFileSync(join(dir, `${name}.next`), text);
  renameSync(join(dir, `${name}.next`), join(dir, name));
}

function follow(path: string, watchedDirectory: string, names: readonly string[] | "*" = "*") {
  const seen: string[] = [];
  const client = createFileClient({ path, watchedDirectory });
  const subscription = client.subscribe(
    TYPE_URLS.cluster,
    names,
    ({ version, updated, removed, full }) => {
      const what = updated.map(({ name }) => name).join();
      if (what.includes("bad")) return "no bad ones";
      seen.push(`${version}: ${what}${removed.map((name) => ` -${name}`).join("")}${full ? " (all)" : ""}`);
      return undefined;
    },
    {
      onAttempt: () => seen.push("attempt"),
      onFailure: (message) => seen.push(`failure ${message}`),
      onRejected: (message) => seen.push(`rejected ${message}`),
    },
  );
  const until = (what: RegExp) => waitFor(String(what), () => what.test(seen.at(-1) ?? ""));
  return { seen, until, client, subscription };
}

test("resources are read at once and when a file is moved into place; a bad file changes nothing", async () => {
  put("cds.yaml", clusters("1", "one", "two"));
  const { seen, until, client } = follow(join(dir, "cds.yaml"), "");
  await until(/^1: one,two \(all\)$/);
  assert.deepEqual(seen, ["attempt", "1: one,two (all)"]);
  put("other.yaml", clusters("x", "other"));
  put("cds.yaml", "resources: [{");
  await until(/^failure .*cds\.yaml: /);
  put("cds.yaml", clusters("2", "bad"));
  await until(/^rejected .*no bad ones/);
  put("cds.yaml", `resources: [{ "@type": ${TYPE_URLS.listener}, name: a }]`);
  await until(/^rejected .*does not match/);
  put("cds.yaml", "");
  await until(/^failure .*empty/);
  put("cds.yaml", clusters("3", "two", "three"));
  await until(/^3: two,three -one \(all\)$/);
  assert.ok(!seen.join().includes("other"));
  await client.close();
});

test("a file that is written in place is not read, one that is created in place is read whole", async () => {
  put("place.json", JSON.stringify({ resources: [{ "@type": TYPE_URLS.cluster, name: "one" }] }));
  const { seen, until, client } = follow(join(dir, "place.json"), "");
  await until(/^: one/);
  appendFileSync(join(dir, "place.json"), "garbage");
  rmSync(join(dir, "place.json"));
  const text = JSON.stringify({ resources: [{ "@type": TYPE_URLS.cluster, name: "two" }] });
  writeFileSync(join(dir, "place.json"), text.slice(0, 30));
  await new Promise((resolve) => setImmediate(resolve));
  appendFileSync(join(dir, "place.json"), text.slice(30));
  await until(/^: two -one/);
  assert.ok(!seen.some((line) => line.startsWith("failure")), seen.join("\n"));
  await client.close();
});

test("a swapped link in the watched directory leads to the new file", async () => {
  for (const version of ["v1", "v2"]) {
    mkdirSync(join(dir, "linked", version), { recursive: true });
    writeFileSync(join(dir, "linked", version, "cds.yaml"), clusters(version, version));
  }
  symlinkSync("v1", join(dir, "linked", "current"));
  const { until, client } = follow(join(dir, "linked/current/cds.yaml"), join(dir, "linked"));
  await until(/^v1: v1/);
  symlinkSync("v2", join(dir, "linked", "next"));
  renameSync(join(dir, "linked", "next"), join(dir, "linked", "current"));
  await until(/^v2: v2 -v1/);
  await client.close();
});

test("of a named subscription, what is not in the file is told as removed, and new names are looked for", async () => {
  put("named.yaml", clusters("1", "one", "two"));
  const { until, client, subscription } = follow(join(dir, "named.yaml"), "", ["two", "three"]);
  await until(/^1: two -three$/);
  subscription.setNames(["one"]);
  await until(/^1: one$/);
  subscription.close();
  await client.close();
});
