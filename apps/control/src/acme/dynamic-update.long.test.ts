import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { listManaged, putAuthority, putDnsProvider, requestCertificate } from "@sluice/config";
import { waitFor } from "@sluice/harness";
import { startControlDatabase } from "../testing/start-control-database.ts";
import { startControlProcess } from "../testing/start-control-process.ts";
import { namedMissing, startNamed } from "../testing/start-named.ts";
import { pebbleMissing, startPebble } from "../testing/start-pebble.ts";

const ZONE = "shop.example";
const skip = namedMissing || pebbleMissing;

test("a wildcard is got by dynamic updates of BIND, which the authority asks, and nothing is left there", {
  skip,
}, async (t) => {
  const { url, context, close } = await startControlDatabase();
  t.after(close);
  const secret = createHash("sha256").update("tsig").digest("base64");
  const key = { name: "acme", algorithm: "hmac-sha256", secret };
  const named = await startNamed(ZONE, [{ ...key, may: `name _acme-challenge.${ZONE} TXT` }]);
  t.after(() => named.close());
  const pebble = await startPebble({ addressOf: () => "127.0.0.1", dnsServer: named.address });
  t.after(() => pebble.close());
  const control = await startControlProcess(url, 0, { SLUICE_OUTBOUND_ALLOW: "127.0.0.1" });
  t.after(() => control.process.stop());
  const { directoryUrl, trust } = pebble;
  await putAuthority(context, { name: "pebble", directoryUrl, trust, termsAgreed: true });
  await putDnsProvider(context, {
    name: "bind",
    settings: {
      kind: "rfc2136",
      server: named.address,
      keyName: key.name,
      algorithm: "hmac-sha256",
      nameServers: [named.address],
    },
    secret,
  });
  // Both names have a record of the same name, at the same time.
  await requestCertificate(context, { names: [ZONE, `*.${ZONE}`], challenge: "dns-01", dnsProvider: "bind" });
  await waitFor(
    "the certificate",
    async () => {
      const [found] = await listManaged(context);
      if (found?.lastError !== undefined)
        throw new Error(`${found.lastError}\n${pebble.output().slice(-2000)}`);
      return found?.state === "issued";
    },
    { deadlineMs: 120_000 },
  );
  assert.deepEqual(await named.texts(`_acme-challenge.${ZONE}`), []);
});
