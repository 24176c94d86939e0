import type { DescMessage } from "@bufbuild/protobuf";
import { RouterSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";

/** What every listener holds in Anys: a worker that meets nothing else never builds the registry of the whole API. */
export const FREQUENT_MESSAGES: readonly DescMessage[] = [HttpConnectionManagerSchema, RouterSchema];
