import { HeaderValueOption_HeaderAppendAction as Action } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CheckAnswer } from "./authorization-service.ts";

const header = (key: string, value: string, appendAction: Action) => ({
  header: { key, value },
  appendAction,
});
const older = (key: string, value: string, append: boolean) => ({ header: { key, value }, append });

/** Of a later version than any. */
const NO_ACTION = 9 as Action;

/** Each action, where the header is there and where it is not. */
const EACH_ACTION = [
  header("X-Append", "new", Action.APPEND_IF_EXISTS_OR_ADD),
  header("x-append-absent", "new", Action.APPEND_IF_EXISTS_OR_ADD),
  header("x-add", "new", Action.ADD_IF_ABSENT),
  header("x-add-absent", "new", Action.ADD_IF_ABSENT),
  header("x-over", "new", Action.OVERWRITE_IF_EXISTS),
  header("x-over-absent", "new", Action.OVERWRITE_IF_EXISTS),
  header("x-set", "new", Action.OVERWRITE_IF_EXISTS_OR_ADD),
  header("x-set-absent", "new", Action.OVERWRITE_IF_EXISTS_OR_ADD),
  older("x-old-append", "new", true),
  older("x-old-append-absent", "new", true),
  older("x-old-set", "new", false),
];
const IN_ORDER = [
  header("x-order", "1", Action.OVERWRITE_IF_EXISTS_OR_ADD),
  header("x-order", "2", Action.APPEND_IF_EXISTS_OR_ADD),
  header("x-order", "3", Action.OVERWRITE_IF_EXISTS_OR_ADD),
];

const MANY = Array.from({ length: 120 }, (_, i) => header(`x-many-${i}`, "1", 0));

/** What services of cases say, by the last word of the path that they are asked about. */
export const CHECK_ANSWERS: Readonly<Record<string, CheckAnswer>> = {
  ok: { status: { code: 0 } },
  bare: {},
  denied: {
    status: { code: 7 },
    httpResponse: {
      case: "deniedResponse",
      value: {
        status: { code: 401 },
        body: '{"no":true}',
        headers: [
          header("Content-Type", "application/json", Action.OVERWRITE_IF_EXISTS_OR_ADD),
          header("set-cookie", "a=1", Action.APPEND_IF_EXISTS_OR_ADD),
          header("set-cookie", "b=2", Action.APPEND_IF_EXISTS_OR_ADD),
          header("x-absent", "1", Action.ADD_IF_ABSENT),
          header("x-absent", "2", Action.ADD_IF_ABSENT),
          header("x-never", "1", Action.OVERWRITE_IF_EXISTS),
          older("x-older", "1", true),
          older("x-older", "2", true),
          older("x-set", "1", false),
          older("x-set", "2", false),
        ],
      },
    },
  },
  "denied-bare": { status: { code: 16 } },
  "denied-ok": { status: { code: 7 }, httpResponse: { case: "okResponse", value: {} } },
  "denied-default": {
    status: { code: 7 },
    httpResponse: { case: "deniedResponse", value: { body: "text", headers: [header("x-a", "1", 0)] } },
  },
  failed: {
    status: { code: 13 },
    httpResponse: {
      case: "errorResponse",
      value: {
        status: { code: 503 },
        body: "broken",
        headers: [header("x-why", "1", 0), header("x-why", "2", 0)],
      },
    },
  },
  "failed-bare": { status: { code: 13 }, httpResponse: { case: "errorResponse", value: {} } },
  error: 14,
  late: "none",
  changed: {
    httpResponse: {
      case: "okResponse",
      value: {
        headers: [
          ...EACH_ACTION,
          older("x-old-set-absent", "new", false),
          ...IN_ORDER,
          header("x-empty", "", Action.OVERWRITE_IF_EXISTS_OR_ADD),
          header("host", "other.test", Action.OVERWRITE_IF_EXISTS_OR_ADD),
          older("accept", "b", true),
        ],
        headersToRemove: ["X-Gone", "host", ":path", "x-unknown"],
        responseHeadersToAdd: [...EACH_ACTION, ...IN_ORDER],
      },
    },
  },
  query: {
    httpResponse: {
      case: "okResponse",
      value: {
        queryParametersToSet: [
          { key: "b", value: "set" },
          { key: "new", value: "x%20y z&" },
          { key: "a", value: "1" },
        ],
        queryParametersToRemove: ["c", "nothing"],
      },
    },
  },
  metadata: {
    dynamicMetadata: { user: "me", roles: ["a", "b"] },
    httpResponse: { case: "okResponse", value: {} },
  },
  "metadata-older": {
    dynamicMetadata: { user: "outer" },
    httpResponse: { case: "okResponse", value: { dynamicMetadata: { user: "inner" } } },
  },
  "metadata-denied": { status: { code: 7 }, dynamicMetadata: { why: "because" } },
  invalid: {
    httpResponse: { case: "okResponse", value: { headers: [header("x-bad", "a\nb", 0)] } },
  },
  "invalid-name": {
    httpResponse: {
      case: "okResponse",
      value: { headers: [header("X-Upper", "a", 0), header("x bad", "a", 0)] },
    },
  },
  "invalid-action": {
    httpResponse: {
      case: "okResponse",
      value: { headers: [{ header: { key: "x-action", value: "a" }, appendAction: NO_ACTION }] },
    },
  },
  "invalid-query": {
    httpResponse: { case: "okResponse", value: { queryParametersToSet: [{ key: "a", value: "b c" }] } },
  },
  "invalid-denied": {
    status: { code: 7 },
    httpResponse: { case: "deniedResponse", value: { headers: [header("x-bad", "a\nb", 0)] } },
  },
  "invalid-response-action": {
    httpResponse: {
      case: "okResponse",
      value: {
        responseHeadersToAdd: [
          { header: { key: "x-action", value: "a" }, appendAction: NO_ACTION },
          header("x-fine", "1", 0),
        ],
      },
    },
  },
  "invalid-failed": {
    status: { code: 13 },
    httpResponse: {
      case: "errorResponse",
      value: {
        status: { code: 502 },
        body: "b",
        headers: [header("x-bad", "a\nb", 0), header("x-good", "1", 0)],
      },
    },
  },
  "invalid-response": {
    httpResponse: { case: "okResponse", value: { responseHeadersToAdd: [header("x-bad", "a\nb", 0)] } },
  },
  "invalid-remove": {
    httpResponse: { case: "okResponse", value: { headersToRemove: ["x bad", "x-gone"] } },
  },
  route: {
    httpResponse: { case: "okResponse", value: { headers: [header("x-route", "two", 3)] } },
  },
  "route-other": {
    httpResponse: { case: "okResponse", value: { headers: [header("x-other", "two", 3)] } },
  },
  "route-path": {
    httpResponse: { case: "okResponse", value: { headers: [header(":path", "/moved", 3)] } },
  },
  rules: {
    httpResponse: {
      case: "okResponse",
      value: {
        headers: [
          header("x-free", "1", 3),
          header("x-envoy-mine", "1", 3),
          header("x-no", "1", 3),
          header(":authority", "changed.test", 3),
          header(":path", "/changed", 3),
          older("x-free", "2", true),
        ],
        headersToRemove: ["x-gone", "x-no-gone", "host"],
      },
    },
  },
  many: {
    httpResponse: {
      case: "okResponse",
      value: { headers: MANY },
    },
  },
  "many-responses": {
    httpResponse: {
      case: "okResponse",
      value: {
        responseHeadersToAdd: MANY,
      },
    },
  },
  "many-denied": {
    status: { code: 7 },
    httpResponse: {
      case: "deniedResponse",
      value: { headers: MANY },
    },
  },
};
