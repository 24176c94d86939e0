import assert from "node:assert/strict";
import { test } from "node:test";
import { fromOtherSources } from "./other-sources.ts";

test("what comes from files and other servers is told from what the control plane sends", () => {
  const file = { path_config_source: { path: "/etc/x.json" } };
  const control = {
    api_config_source: { grpc_services: [{ envoy_grpc: { cluster_name: "sluice_control" } }] },
  };
  const other = { api_config_source: { cluster_names: ["elsewhere"] } };
  const dump = {
    configs: [
      {
        bootstrap: {
          tls: {
            sds: [
              { name: "own", sds_config: file },
              { name: "sent", sds_config: { ads: {} } },
            ],
          },
        },
      },
      { rds: { route_config_name: "local", config_source: file } },
      { rds: { route_config_name: "sent", config_source: control } },
      { name: "plain", eds_cluster_config: { eds_config: other } },
      { name: "named", eds_cluster_config: { eds_config: other, service_name: "service" } },
      { name: "sent", eds_cluster_config: { eds_config: { ads: {} } } },
    ],
  };
  assert.deepEqual(
    [...fromOtherSources(dump)],
    ["secrets/own", "routes/local", "endpoints/plain", "endpoints/service"],
  );
});
