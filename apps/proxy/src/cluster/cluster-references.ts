import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ExtensionReferences } from "../xds/extension-references.ts";
import { findHttpOptions } from "./compile-http-options.ts";

/** The filters before a cluster's hosts whose configuration is discovered. */
export function clusterReferences(cluster: Cluster): ExtensionReferences {
  const references = new ExtensionReferences();
  const http = findHttpOptions(cluster, []);
  if (http !== undefined)
    references.addHttpFilters(http.options.httpFilters, "upstream_http", `${http.path}.http_filters`);
  return references;
}
