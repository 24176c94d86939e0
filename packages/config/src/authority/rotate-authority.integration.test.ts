import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { createSigningRequest } from "@sluice/join/certificates";
import { listAudit } from "../audit/list-audit.ts";
import { parseKeyRing } from "../envelope/key-ring.ts";
import { createJoinToken } from "../join/create-join-token.ts";
import { exchangeJoinToken } from "../join/exchange-join-token.ts";
import { renewNodeCertificate } from "../join/renew-node-certificate.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { openAuthorities } from "./open-authorities.ts";
import { authorityStatus, rotateAuthority } from "./rotate-authority.ts";

const ring = parseKeyRing(randomBytes(32).toString("base64"));
let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

test("a root is changed in three steps, each after the nodes have renewed; it can be taken back, and left behind by force", async () => {
  const ann = config.as("admin", "ann");
  await assert.rejects(authorityStatus(ann), { code: "not_found" });
  await openAuthorities(ann, ring);
  const first = (await authorityStatus(ann)).signing.fingerprint;
  const issuing = async () => {
    const { signing, trustedPem } = await openAuthorities(ann, ring);
    return { ...ann, authority: signing, trustedPem, lifetimeMs: 86_400_000 };
  };
  const request = async () => (await createSigningRequest()).requestPem;
  const { token } = await createJoinToken(ann, { node: "edge" });
  const peer = "127.0.0.1:1";
  const joined = await exchangeJoinToken(await issuing(), {
    token,
    node: undefined,
    request: await request(),
    peer,
  });
  let { serial } = joined;
  const renew = async () => {
    const input = { node: "edge", serial, request: await request(), peer };
    ({ serial } = await renewNodeCertificate(await issuing(), input));
  };

  await assert.rejects(rotateAuthority(config.as("editor"), { step: "start" }), { code: "forbidden" });
  await rotateAuthority(ann, { step: "start" });
  await assert.rejects(rotateAuthority(ann, { step: "start" }), { code: "conflict" });
  await assert.rejects(rotateAuthority(ann, { step: "switch" }), { message: /not made yet/ });
  const made = await Promise.all([1, 2, 3].map(() => openAuthorities(ann, ring)));
  assert.equal(new Set(made.map(({ trustedPem }) => trustedPem)).size, 1, "one of several makes it");
  await rotateAuthority(ann, { step: "cancel" });
  assert.deepEqual((await authorityStatus(ann)).phase, "steady");

  await rotateAuthority(ann, { step: "start" });
  await openAuthorities(ann, ring);
  await assert.rejects(rotateAuthority(ann, { step: "switch" }), {
    code: "conflict",
    message: /1 nodes do not trust the new root yet: edge/,
  });
  await renew();
  const { fingerprint } = (await rotateAuthority(ann, { step: "switch" })).signing;
  assert.notEqual(fingerprint, first);
  assert.deepEqual((await authorityStatus(ann)).waiting, ["edge"]);
  await assert.rejects(rotateAuthority(ann, { step: "cancel" }), { code: "conflict" });
  const done = await rotateAuthority(ann, { step: "finish", force: true });
  assert.deepEqual([done.phase, done.previous, done.waiting], ["steady", undefined, []]);
  assert.equal((await openAuthorities(ann, ring)).signing.certificatePem.length > 0, true);
  const { events } = await listAudit(ann, { action: "authority." });
  assert.deepEqual(
    events.slice(0, 2).map(({ action, details }) => [action, details]),
    [
      ["authority.finish", { left: ["edge"] }],
      ["authority.switch", undefined],
    ],
  );
});
