import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeSessionCookie, encodeSessionCookie } from "./session-cookie.ts";

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString("base64");

describe("a session's cookie", () => {
  it("is read as it was written", () => {
    for (const cookie of [
      { address: "10.0.0.1:80", expiresSeconds: 0 },
      { address: "[::1]:443", expiresSeconds: 1_900_000_000 },
    ])
      assert.deepEqual(decodeSessionCookie(encodeSessionCookie(cookie)), cookie);
  });

  it("may be the endpoint alone", () => {
    const value = Buffer.from("127.0.0.1:8080").toString("base64");
    assert.deepEqual(decodeSessionCookie(value), { address: "127.0.0.1:8080", expiresSeconds: 0 });
  });

  it("names no endpoint where it cannot be read", () => {
    for (const value of ["", "%", "abc", "====", base64(0x10, 1), base64(0x0a, 0)])
      assert.equal(decodeSessionCookie(value), undefined, value);
  });

  it("never throws", () => {
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(Array.from({ length: i % 23 }, (_, n) => (i * 131 + n * n * 17) & 0xff));
      decodeSessionCookie(bytes.toString("base64"));
    }
  });
});
