import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { buildBootstrap } from "./build-bootstrap.ts";

test("keys are placeholders in a bootstrap; certificates and trusted authorities are no secrets", () => {
  const inline = (text: string) => ({ inline_string: text });
  const edge = {
    name: "edge",
    tls_certificate: { certificate_chain: inline("the chain"), private_key: inline("the key") },
  };
  const roots = { name: "roots", validation_context: { trusted_ca: inline("the roots") } };
  const empty = { listeners: new Map(), routes: new Map(), clusters: new Map(), endpoints: new Map() };
  const built = buildBootstrap({ ...empty, secrets: new Map(Object.entries({ edge, roots })) });
  const expected = {
    ...edge,
    tls_certificate: { ...edge.tls_certificate, private_key: inline("[redacted]") },
  };
  assert.deepEqual(parse(built.yaml).static_resources.secrets, [expected, roots]);
  assert.equal(built.warnings.length, 1);
  const open = buildBootstrap({ ...empty, secrets: new Map(Object.entries({ roots })) });
  assert.deepEqual(open.warnings, [], "nothing is hidden, so nothing has to be put in");
});
