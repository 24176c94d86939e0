import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromJson, toBinary } from "@bufbuild/protobuf";
import { connectRaw, waitFor } from "@sluice/harness";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { compileListener } from "../filter-chain/compile-listener.ts";
import { keptFilterChains } from "../filter-chain/in-place-update.ts";
import { testWorkerContext } from "../worker/testing/test-worker-context.ts";
import type { ListenerSpec } from "./listener-spec.ts";
import { testListenerSpec } from "./testing/test-listener-spec.ts";
import { WorkerListeners } from "./worker-listeners.ts";

const ANY = "type.googleapis.com/envoy.extensions.filters.network";
const KEY = "a";
const ADDRESS = { socket_address: { address: "127.0.0.1", port_value: 0 } };

/** Echo chains by the client's address; `more` makes one differ. */
function listener(sources: readonly string[], more: object = {}) {
  return fromJson(
    ListenerSchema,
    {
      name: "l",
      address: ADDRESS,
      filter_chains: sources.map((source) => ({
        name: source,
        filter_chain_match: { source_prefix_ranges: [{ address_prefix: source, prefix_len: 32 }] },
        filters: [{ name: "echo", typed_config: { "@type": `${ANY}.echo.v3.Echo` } }],
      })),
      ...more,
    },
    { registry: apiRegistry() },
  );
}

function spec(id: number, message: ReturnType<typeof listener>): ListenerSpec {
  return testListenerSpec({ id, name: "l", bytes: toBinary(ListenerSchema, message), key: KEY, port: 0 });
}

describe("an update of a listener's filter chains alone", () => {
  it("leaves connections on chains that stay alone, also over further updates", async () => {
    const drained: number[] = [];
    const context = testWorkerContext();
    const listeners = new WorkerListeners(context, compileListener, (id) => drained.push(id));
    const first = await listeners.set(spec(1, listener(["127.0.0.1", "127.0.0.2"])));
    const port = first.ports[KEY] ?? 0;
    const [stays, goes] = [
      await connectRaw(port, { localAddress: "127.0.0.1" }),
      await connectRaw(port, { localAddress: "127.0.0.2" }),
    ];
    const echoes = async (client: typeof stays): Promise<void> => {
      client.write("x");
      assert.equal((await client.reader.exactly(1)).toString(), "x");
    };
    await echoes(stays);
    await echoes(goes);

    const second = listener(["127.0.0.1", "127.0.0.3"]);
    await listeners.set(spec(2, second));
    listeners.close(1, [...(keptFilterChains(listener(["127.0.0.1", "127.0.0.2"]), second) ?? [])]);
    await goes.closed();
    await echoes(stays);
    assert.equal(drained.length, 0);
    const fresh = await connectRaw(port, { localAddress: "127.0.0.3" });
    await echoes(fresh);

    await listeners.set(spec(3, listener(["127.0.0.3"])));
    listeners.close(1, []);
    await stays.closed();
    await waitFor("the first configuration to be drained", () => drained.includes(1));
    await echoes(fresh);

    listeners.remove("l");
    listeners.close(2);
    await fresh.closed();
    await waitFor("all to be drained", () => drained.length === 3);
  });

  it("is none when anything else differs", () => {
    const before = listener(["127.0.0.1"]);
    assert.ok(keptFilterChains(before, listener([])));
    assert.equal(keptFilterChains(before, listener(["127.0.0.1"], { stat_prefix: "x" })), undefined);
  });
});
