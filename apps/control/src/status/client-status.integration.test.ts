import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { waitFor } from "@sluice/harness";
import { type Snapshot, TYPE_URLS } from "@sluice/xds";
import { createXdsClient } from "@sluice/xds/client";
import { ClientResourceStatus } from "@sluice/xds/gen/envoy/admin/v3/config_dump_shared_pb.js";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  ClientStatusDiscoveryService,
  ConfigStatus,
} from "@sluice/xds/gen/envoy/service/status/v3/csds_pb.js";
import { createXdsServer } from "@sluice/xds/server";
import { startGrpcServer } from "../server/grpc-server.ts";
import { openToLoopback } from "../testing/open-to-loopback.ts";
import { clientStatusRoutes } from "./client-status.ts";

const { cluster, route } = TYPE_URLS;
const section = (version: string, ...names: string[]) => ({
  version,
  resources: new Map(names.map((name) => [name, { name, version, value: new Uint8Array() }])),
});

test("CSDS tells of each connected node what it was sent, acknowledged and refused", async (t) => {
  const snapshot: Snapshot = {
    version: "1",
    types: new Map([
      [cluster, section("c1", "web")],
      [route, section("r1", "main")],
    ]),
  };
  const quiet = (): void => {};
  const xds = createXdsServer({
    source: { snapshotFor: () => snapshot, watch: () => quiet },
    observer: { onStreamOpened: quiet, onStreamClosed: quiet, onSent: quiet, onAck: quiet, onNack: quiet },
  });
  const server = await startGrpcServer({
    host: "127.0.0.1",
    port: 0,
    routes: [clientStatusRoutes(xds)],
    xds,
    ...openToLoopback(),
  });
  const target = () => ({ host: "127.0.0.1", port: server.port });
  const node = create(NodeSchema, { id: "a-node", cluster: "c", locality: { zone: "z" } });
  const client = createXdsClient({ target, node, variant: "delta-ads", random: Math.random });
  client.subscribe(cluster, "*", () => undefined);
  client.subscribe(route, ["main", "absent"], () => "no such thing");
  const baseUrl = `http://127.0.0.1:${server.port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const csds = createClient(ClientStatusDiscoveryService, createGrpcTransport({ baseUrl, sessionManager }));
  t.after(async () => {
    await client.close();
    sessionManager.abort();
    xds.close();
    await server.close();
  });

  const config = await waitFor("the node's answers", async () => {
    const [found] = (await csds.fetchClientStatus({})).config;
    const settled = found?.genericXdsConfigs.every(
      ({ clientStatus }) => clientStatus !== ClientResourceStatus.REQUESTED,
    );
    return settled === true && found?.genericXdsConfigs.length === 3 ? found : undefined;
  });
  assert.deepEqual([config.node?.id, config.node?.locality?.zone], ["a-node", "z"]);
  assert.match(config.clientScope, /^delta-ads 127\.0\.0\.1:\d+$/);
  const byName = new Map(config.genericXdsConfigs.map((each) => [each.name, each]));
  const web = byName.get("web");
  assert.deepEqual(
    [web?.typeUrl, web?.versionInfo, web?.configStatus, web?.clientStatus, web?.xdsConfig?.typeUrl],
    [cluster, "c1", ConfigStatus.SYNCED, ClientResourceStatus.ACKED, cluster],
  );
  const main = byName.get("main");
  assert.deepEqual(
    [main?.configStatus, main?.clientStatus],
    [ConfigStatus.ERROR, ClientResourceStatus.NACKED],
  );
  assert.equal(main?.errorState?.details, "no such thing");
  assert.equal(byName.get("absent")?.clientStatus, ClientResourceStatus.DOES_NOT_EXIST);

  const ids = async (exact: string): Promise<(string | undefined)[]> => {
    const nodeMatchers = [{ nodeId: { matchPattern: { case: "exact" as const, value: exact } } }];
    const answered = await csds.fetchClientStatus({ nodeMatchers, excludeResourceContents: true });
    return answered.config.flatMap(({ genericXdsConfigs }) =>
      genericXdsConfigs.map(({ name, xdsConfig }) => (xdsConfig === undefined ? name : "content")),
    );
  };
  assert.deepEqual((await ids("a-node")).sort(), ["absent", "main", "web"]);
  assert.deepEqual(await ids("another"), []);
  await assert.rejects(csds.fetchClientStatus({ nodeMatchers: [{ nodeMetadatas: [{}] }] }), /node_metadatas/);
});
