import type { OpenDatabase } from "@sluice/database";
import { sql } from "drizzle-orm";
import { analyzeText } from "../analysis/analyze-text.ts";
import { blobHash } from "../analysis/content-hash.ts";
import { blob, bucket, nodeGroup, tree, version } from "../schema/index.ts";
import { buildTree, EMPTY_TREE } from "../version/build-tree.ts";
import { NO_KINDS } from "../version/read-live.ts";
import { clusterYaml } from "./sample-resources.ts";

/**
 * Versions 1 to `count` (500 at a time), each of which changes the timeout of one of `routes` routes to its number, and a rollout for
 * each. Written as publishing would, without its checks.
 */
export async function writeVersions(db: OpenDatabase["db"], count: number, routes: number): Promise<void> {
  const timeouts = Array.from({ length: routes }, () => 1);
  const clusters = Array.from({ length: 200 }, (_, index) =>
    analyzeText("clusters", clusterYaml(`c${index}`)),
  );
  const shared = buildTree(
    clusters.map((each) => [each.name ?? "", each.hash, each.messageHash ?? ""] as const),
  );
  const rowOf = (each: ReturnType<typeof analyzeText>) => ({
    hash: each.hash,
    kind: each.kind,
    name: each.name ?? "",
    yaml: each.yaml,
    json: each.json,
    message: each.message ?? new Uint8Array(),
    messageHash: each.messageHash ?? "",
  });
  await db.insert(blob).values(clusters.map(rowOf));
  await db.insert(bucket).values([...shared.contents].map(([hash, entries]) => ({ hash, entries })));
  await db.insert(tree).values([shared, EMPTY_TREE].map(({ hash, buckets }) => ({ hash, buckets })));
  for (let from = 1; from <= count; from += 500) {
    const batch = Array.from({ length: 500 }, (_, index) => {
      const number = from + index;
      timeouts[number % routes] = number;
      const content = routesContent(timeouts);
      return { number, content, built: buildTree([["main", content.hash, content.messageHash]]) };
    });
    await db.insert(blob).values(batch.map(({ content }) => content));
    await db
      .insert(bucket)
      .values(
        batch.flatMap(({ built }) => [...built.contents].map(([hash, entries]) => ({ hash, entries }))),
      );
    await db.insert(tree).values(batch.map(({ built: { hash, buckets } }) => ({ hash, buckets })));
    await db.insert(version).values(
      batch.map(({ number, built }) => ({
        number,
        hash: String(number),
        parent: number - 1,
        message: `Change ${number}`,
        author: number % 7 === 0 ? "bob" : "ann",
        authorId: "a",
        createdAt: new Date(number * 1_000),
        resourceCount: 201,
        kinds: {
          ...NO_KINDS,
          clusters: { tree: shared.hash, count: 200, contentHash: shared.contentHash, wanted: true },
          routes: { tree: built.hash, count: 1, contentHash: built.contentHash, wanted: true },
        },
      })),
    );
  }
  await db.execute(sql`with written as (
    insert into config.rollout (version, kind, author, created_at)
    select number, 'publish', author, created_at from config.version order by number returning id, created_at)
    insert into config.rollout_state (rollout, phase, step, stage, since, missing)
    select id, 'completed', 0, 'observing', created_at, '[]' from written`);
  await db.update(nodeGroup).set({ version: count });
}

/** As a publish would store it, but for the encoded message, which no history reads: to parse 10,000 texts takes minutes. */
function routesContent(timeouts: readonly number[]) {
  const routes = timeouts.map((timeout, index) => ({
    match: { prefix: `/r${index}/` },
    route: { cluster: `c${index}`, timeout: `${timeout}s`, prefix_rewrite: "/" },
  }));
  const json = { name: "main", virtual_hosts: [{ name: "web", domains: ["*"], routes }] };
  const yaml = JSON.stringify(json);
  const hash = blobHash("routes", yaml);
  return {
    hash,
    kind: "routes" as const,
    name: "main",
    yaml,
    json,
    message: new Uint8Array(),
    messageHash: hash,
  };
}
