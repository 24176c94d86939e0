import assert from "node:assert/strict";
import { test } from "node:test";
import { answerProblem, signMessage, type TsigKey } from "./tsig.ts";
import { updateMessage } from "./update-message.ts";

const KEY: TsigKey = { name: "acme.", algorithm: "hmac-sha256", secret: Buffer.alloc(32, 7) };
const NOW_S = 1_795_000_000;
const NO_REQUEST = Buffer.alloc(0);
const message = updateMessage(7, "shop.example", {
  action: "remove",
  record: { name: "_acme-challenge.shop.example.", value: "proof" },
});

test("an update removes the one value: class NONE, no time to live", () => {
  const tail = message.subarray(-6 - 8);
  assert.deepEqual([...tail.subarray(0, 8)], [0, 254, 0, 0, 0, 0, 0, 6]);
  assert.equal(tail.subarray(9).toString(), "proof");
});

test("whatever is changed of a signed message, or cut off, is not taken for one", () => {
  const { signed } = signMessage(message, KEY, NOW_S);
  const asked = { mac: NO_REQUEST, nowS: NOW_S };
  assert.match(answerProblem(signed, KEY, asked) ?? "", /signature of the name server's answer is wrong/);
  assert.equal(answerProblem(message, KEY, asked), "the name server's answer is not signed");
  for (let at = 0; at < signed.length; at++) {
    const changed = Buffer.from(signed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    assert.notEqual(problemOf(changed), undefined, `byte ${at}`);
  }
  for (let length = 0; length < signed.length; length++)
    assert.notEqual(problemOf(signed.subarray(0, length)), undefined, `${length} bytes`);
});

/** As whoever asks sees it: what cannot be read is a problem too. */
function problemOf(answer: Buffer): string | undefined {
  try {
    return answerProblem(answer, KEY, { mac: NO_REQUEST, nowS: NOW_S });
  } catch (error) {
    return String(error);
  }
}
