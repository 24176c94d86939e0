import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { redactJson, redactYaml, restoreSecrets } from "./redact.ts";

const STORED = `# the edge's certificate
name: edge
tls_certificate:
  certificate_chain: { inline_string: "CHAIN" } # public
  private_key:
    inline_string: |
      -----BEGIN PRIVATE KEY-----
      AAAA
      -----END PRIVATE KEY-----
  password: { inlineBytes: cGFzcw== }
`;

test("secret values are hidden, everything else of the text stays", () => {
  const shown = redactYaml(STORED);
  assert.ok(!shown.includes("AAAA") && !shown.includes("cGFzcw"));
  assert.ok(shown.includes("# the edge's certificate") && shown.includes('"CHAIN" } # public'));
  assert.deepEqual(parse(shown).tls_certificate.private_key, { inline_string: "[redacted 1]" });
  assert.deepEqual(parse(shown).tls_certificate.password, { inlineBytes: "[redacted 2]" });
});

test("what was shown, put back unchanged, is the stored text byte for byte", () => {
  assert.equal(restoreSecrets(redactYaml(STORED), STORED).yaml, STORED);
});

test("placeholders keep their values when the text around them is edited or moved", () => {
  const shown = redactYaml(STORED).replace("CHAIN", "OTHER");
  const { yaml, missing } = restoreSecrets(shown, STORED);
  assert.deepEqual(missing, []);
  const before = parse(STORED);
  const after = parse(yaml);
  assert.equal(after.tls_certificate.certificate_chain.inline_string, "OTHER");
  assert.deepEqual(after.tls_certificate.private_key, before.tls_certificate.private_key);
  assert.deepEqual(after.tls_certificate.password, before.tls_certificate.password);
});

test("a placeholder that stands for nothing is told, a new value is taken", () => {
  const text = 'name: a\ngeneric_secret: { secret: { inline_string: "[redacted 3]" } }\n';
  assert.deepEqual(restoreSecrets(text, STORED).missing, ["[redacted 3]"]);
  const fresh = text.replace("[redacted 3]", "new");
  assert.equal(restoreSecrets(fresh, STORED).yaml, fresh);
});

test("a private key in a text that is no YAML is hidden too", () => {
  const broken = `name: [\nprivate_key: { inline_string: "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----"`;
  assert.ok(!redactYaml(broken).includes("SECRET"));
});

test("JSON is hidden by the same names", () => {
  const json = {
    tls_certificate: { private_key: { inline_string: "x" }, certificate_chain: { inline_string: "y" } },
  };
  assert.deepEqual(redactJson(json), {
    tls_certificate: {
      private_key: { inline_string: "[redacted]" },
      certificate_chain: { inline_string: "y" },
    },
  });
});
