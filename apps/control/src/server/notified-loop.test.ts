import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { NotificationBus } from "@sluice/database";
import { waitFor } from "@sluice/harness";
import { NotifiedLoop } from "./notified-loop.ts";

/** A loop that looks again soon after a failure, and else only when it is told. */
function begin(t: TestContext, look: () => Promise<void>, refusals = 0) {
  let notify: (() => void) | undefined;
  let left = refusals;
  const troubles: unknown[] = [];
  const bus: NotificationBus = {
    async listen(_channel, onPayload) {
      if (left-- > 0) throw new Error("no Postgres");
      notify = () => onPayload("");
      return async () => {
        notify = undefined;
      };
    },
    async notify() {},
  };
  const onTrouble = (error: unknown) => troubles.push(error);
  const loop = new NotifiedLoop({ bus, channel: "c", look, tickMs: 600_000, retryMs: 1, onTrouble });
  t.after(() => loop.close());
  loop.start();
  return { loop, troubles, notify: () => notify?.(), isListening: () => notify !== undefined };
}

test("what is notified during a look brings one more after it, however much it was", async (t) => {
  const looks: PromiseWithResolvers<void>[] = [];
  const running = begin(t, () => {
    const look = Promise.withResolvers<void>();
    looks.push(look);
    return look.promise;
  });
  await waitFor("the subscription", running.isListening);
  for (let count = 0; count < 5; count++) running.notify();
  assert.equal(looks.length, 1);
  assert.equal(running.loop.isAwaited, true);
  looks[0]?.resolve();
  await waitFor("the second look", () => looks.length === 2);
  assert.equal(running.loop.isAwaited, false);
  looks[1]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(looks.length, 2);
  running.notify();
  assert.equal(looks.length, 3);
  looks[2]?.resolve();
});

test("a look that fails is told of and made again, and so is an attempt to listen", async (t) => {
  let looks = 0;
  const look = async () => {
    if (++looks <= 2) throw new Error("not yet");
  };
  const running = begin(t, look, 3);
  await waitFor("the subscription", running.isListening);
  await waitFor("a look that succeeds", () => looks > 2);
  assert.deepEqual(running.troubles.map(String), ["Error: not yet", "Error: not yet"]);
});

test("closing waits for the look that is under way, and nothing follows", async (t) => {
  const look = Promise.withResolvers<void>();
  let looks = 0;
  const running = begin(t, () => {
    looks++;
    return look.promise;
  });
  await waitFor("the subscription", running.isListening);
  let isClosed = false;
  const closing = running.loop.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isClosed, false);
  look.resolve();
  await closing;
  assert.equal(running.isListening(), false);
  running.loop.look();
  assert.equal(looks, 1);
});
