import assert from "node:assert/strict";
import { test } from "node:test";
import { listOperations } from "./openapi.ts";

test("operations are listed with their inputs in words", () => {
  const shared = { tags: ["version"], operationId: "x", summary: "S." };
  const number = { type: "integer" };
  assert.deepEqual(
    listOperations({
      paths: {
        "/a": { get: { ...shared, parameters: [{ name: "limit", required: false, schema: number }] } },
        "/b": {
          post: {
            ...shared,
            requestBody: {
              content: {
                "application/json": {
                  schema: {
                    type: "object",
                    required: ["to"],
                    properties: {
                      to: { anyOf: [{ enum: ["live"] }, number] },
                      names: { type: "array", items: { type: "string" } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    }),
    [
      {
        tag: "version",
        method: "GET",
        path: "/a",
        summary: "S.",
        inputs: [{ name: "limit", type: "integer", required: false }],
      },
      {
        tag: "version",
        method: "POST",
        path: "/b",
        summary: "S.",
        inputs: [
          { name: "to", type: '"live" | integer', required: true },
          { name: "names", type: "string[]", required: false },
        ],
      },
    ],
  );
});
