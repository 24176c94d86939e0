import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ja3Fingerprint, ja4Fingerprint } from "./fingerprints.ts";

describe("fingerprints", () => {
  const hello = {
    legacyVersion: 771,
    cipherSuites: [0x2a2a, 0x1301, 0x1302],
    extensions: [0x1a1a, 0, 23, 16, 43],
    serverName: "a",
    applicationProtocols: ["h2"],
    supportedVersions: [0x3a3a, 0x0304, 0x0303],
    groups: [29, 23],
    pointFormats: [0],
    signatureAlgorithms: [0x0403, 0x0804],
    wantsOcsp: false,
  };

  it("leave out values that are there by chance", () => {
    // MD5 of "771,4865-4866,0-23-16-43,29-23,0".
    assert.equal(ja3Fingerprint(hello), "de681c2f3504ecd3627b5a5d6f91d75d");
    assert.equal(ja3Fingerprint(hello), ja3Fingerprint({ ...hello, cipherSuites: [0x1301, 0x1302] }));
  });

  it("of the JA4 kind begin with what people can read and do not depend on the order", () => {
    assert.match(ja4Fingerprint(hello), /^t13d0204h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
    assert.equal(ja4Fingerprint(hello), ja4Fingerprint({ ...hello, cipherSuites: [0x1302, 0x1301] }));
    assert.match(ja4Fingerprint({ ...hello, applicationProtocols: [] }), /^t13d020400_/);
  });
});
