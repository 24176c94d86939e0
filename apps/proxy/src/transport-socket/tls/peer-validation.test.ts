import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { TestCertificates } from "@sluice/harness";
import { CertificateValidationContextSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { PeerValidation } from "./peer-validation.ts";
import { ProblemSink } from "./problem-sink.ts";

describe("the validation of peers", () => {
  const certificates = new TestCertificates();
  after(() => certificates.remove());
  const ca = certificates.create("ca", { ca: true });
  const other = certificates.create("other", { ca: true });
  const crl = certificates.revocationList("crl", ca, []);
  const crlOfOther = certificates.revocationList("crl-other", other, []);
  const inline = (value: string) => ({ specifier: { case: "inlineString" as const, value } });

  function problemsOf(init: Parameters<typeof create<typeof CertificateValidationContextSchema>>[1]) {
    const sink = new ProblemSink("");
    const validation = new PeerValidation(create(CertificateValidationContextSchema, init), sink);
    return { validation, problems: sink.problems.map(({ path, message }) => `${path}: ${message}`) };
  }

  it("counts every revocation list, also those beside the trusted CAs", () => {
    const { validation, problems } = problemsOf({
      trustedCa: inline(ca.certificate + crl + other.certificate),
      crl: inline(crl + crlOfOther),
    });
    assert.deepEqual(problems, []);
    assert.equal(validation.certificates.length, 2);
    assert.deepEqual(
      validation.revocation.crl,
      [crl, crl, crlOfOther].map((each) => each.trim()),
    );
  });

  it("refuses revocation lists that are none, certificates that are cut off and what needs a trusted CA", () => {
    const trustedCa = inline(ca.certificate);
    assert.match(String(problemsOf({ trustedCa, crl: inline("x") }).problems), /crl: holds no/);
    const cut = inline(ca.certificate + other.certificate.slice(0, 200));
    assert.match(String(problemsOf({ trustedCa: cut }).problems), /trusted_ca: cannot be loaded/);
    assert.match(String(problemsOf({ allowExpiredCertificate: true }).problems), /needs trusted_ca/);
  });
});
