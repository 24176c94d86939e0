import assert from "node:assert/strict";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { HeaderView } from "../contract.ts";
import { compileRouteTable, type RouteTable } from "../route-table.ts";

/** Headers from pairs; a repeated name is a repeated header. */
export function headersOf(...fields: [string, string][]): HeaderView {
  return {
    get: (name) => fields.find(([field]) => field === name)?.[1],
    getAll: (name) => {
      const values = fields.filter(([field]) => field === name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(",");
    },
    forEach: (visit) => {
      for (const [name, value] of fields) visit(name, value);
    },
  };
}

export function request(path: string, ...fields: [string, string][]): HeaderView {
  return headersOf([":method", "GET"], [":authority", "example.com"], [":path", path], ...fields);
}

export function configOf(json: JsonObject): RouteConfiguration {
  return fromJson(RouteConfigurationSchema, { name: "r", ...json });
}

/** A table whose payload is the route's name. */
export function tableOf(json: JsonObject): RouteTable<string> {
  const table = compileRouteTable(configOf(json), {
    payload: (route) => ({ ok: true, value: route.name }),
  });
  assert.ok(table.ok, table.ok ? "" : JSON.stringify(table.problems));
  return table.value;
}
