import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DnsProviderAccess, DynamicUpdateSettings, TsigAlgorithm } from "@sluice/config";
import { parseOutboundPolicy } from "@sluice/config/outbound";
import { namedMissing, type RunningNamed, startNamed } from "../../testing/start-named.ts";
import { updatePublisher } from "./update-publisher.ts";

const ZONE = "shop.example";
const NAME = `_acme-challenge.${ZONE}`;
const SECRET = Buffer.alloc(64, 7).toString("base64");
const skip = namedMissing;

let named: RunningNamed;
before(async () => {
  if (skip !== false) return;
  const keys = ["hmac-sha256", "hmac-sha384", "hmac-sha512"].map((algorithm) => ({
    name: `acme-${algorithm}`,
    algorithm,
    secret: SECRET,
    may: `name ${NAME} TXT`,
  }));
  named = await startNamed(ZONE, [...keys, { name: "idle", algorithm: "hmac-sha256", secret: SECRET }]);
});
after(() => named?.close());

interface Asked {
  readonly algorithm?: TsigAlgorithm;
  readonly keyName?: string;
  readonly zone?: string;
  readonly secret?: string;
  readonly allow?: string;
  readonly at?: Date;
}

function publisher(asked: Asked = {}) {
  const { algorithm = "hmac-sha256", zone, secret = SECRET, allow = "127.0.0.1", at } = asked;
  const settings: DynamicUpdateSettings = {
    kind: "rfc2136",
    server: named.address,
    ...(zone === undefined ? {} : { zone }),
    keyName: asked.keyName ?? `acme-${algorithm}`,
    algorithm,
    nameServers: [],
  };
  const access: DnsProviderAccess & { readonly settings: typeof settings } = {
    name: "bind",
    settings,
    secret,
  };
  const { signal } = new AbortController();
  return updatePublisher(access, {
    outbound: parseOutboundPolicy(allow),
    signal,
    now: () => at ?? new Date(),
  });
}

const record = (value: string, name = NAME) => ({ name: `${name}.`, value });

test("a record is put up beside others of its name, and it alone is taken away; twice is harmless", {
  skip,
}, async () => {
  for (const algorithm of ["hmac-sha256", "hmac-sha384", "hmac-sha512"] as const) {
    const bind = publisher({ algorithm });
    for (const value of ["one", "two", "two"]) await bind.present(record(value));
    assert.deepEqual(await named.texts(NAME), ["one", "two"], algorithm);
    for (const value of ["one", "one"]) await bind.cleanUp(record(value));
    assert.deepEqual(await named.texts(NAME), ["two"], algorithm);
    await bind.cleanUp(record("two"));
    assert.deepEqual(await named.texts(NAME), [], algorithm);
  }
});

test("what the name server does not do is told with its reason, and nothing is changed", {
  skip,
}, async () => {
  const table: readonly (readonly [Asked, RegExp, string?])[] = [
    [{ secret: Buffer.alloc(64, 8).toString("base64") }, /does not take the signature/],
    [{ keyName: "acme-hmac-sha512" }, /does not (know the key|take the signature)/],
    [{ keyName: "nobody" }, /does not know the key/],
    [{ at: new Date(Date.now() - 3_600_000) }, /clock and ours differ by more than five minutes/],
    [{ keyName: "idle" }, /refuses it: the key may not do this/],
    [{}, /refuses it/, "www.shop.example"],
    [{ zone: "other.example" }, /not responsible for this zone/],
    [{ zone: ZONE }, /not in this zone/, "www.other.example"],
    [{ allow: "" }, /SLUICE_OUTBOUND_ALLOW can allow it/],
  ];
  for (const [asked, message, name] of table)
    await assert.rejects(publisher(asked).present(record("never", name)), { name: "AcmeError", message });
  assert.deepEqual(await named.texts(NAME), []);
});
