import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  FilterDataStatus,
  FilterHeadersStatus,
  type HttpFilterManifest,
  PassThroughFilter,
} from "@sluice/extension-api";
import { STANDARD_EXTENSIONS } from "../extensions/standard.ts";
import { createExtensionRegistry } from "../registry/extension-registry.ts";
import { startFilterProxy } from "./testing/start-filter-proxy.ts";

const LIMIT = 100;
const TYPE = "envoy.extensions.filters.http.buffer.v3.Buffer";

/** Holds the response until it is whole, and notes how each stream was answered. */
function holding(answers: string[]): HttpFilterManifest {
  class HoldingFilter extends PassThroughFilter {
    override encodeHeaders(_headers: unknown, endStream: boolean): FilterHeadersStatus {
      return endStream || this.encoding.streamInfo.responseCodeDetails !== "via_upstream"
        ? FilterHeadersStatus.Continue
        : FilterHeadersStatus.StopIteration;
    }
    override encodeData(_chunk: Uint8Array, endStream: boolean): FilterDataStatus {
      return endStream ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndBuffer;
    }
    override onDestroy(): void {
      answers.push(this.encoding.streamInfo.responseCodeDetails);
    }
  }
  return {
    name: "test.holding",
    category: "envoy.filters.http",
    configTypes: [TYPE],
    perRouteConfigTypes: [],
    supportedFields: { [TYPE]: ["max_request_bytes"] },
    load: () => ({
      terminal: false,
      compile: () => ({ ok: true, value: undefined }),
      create: () => new HoldingFilter(),
    }),
  };
}

describe("a response that a filter holds until it is whole", async () => {
  const answers: string[] = [];
  const others = STANDARD_EXTENSIONS.filter(({ configTypes }) => !configTypes.includes(TYPE));
  const proxy = await startFilterProxy({
    extensions: createExtensionRegistry([...others, holding(answers)]),
    filters: [
      {
        name: "hold",
        typed_config: { "@type": `type.googleapis.com/${TYPE}`, max_request_bytes: 1 },
      },
    ],
    bufferLimitBytes: LIMIT,
    answer: (request, response) => response.end("x".repeat(Number(request.url?.slice(1)))),
  });
  after(() => proxy.close());

  it("comes whole where it is within the limit", async () => {
    const { status, body } = await proxy.send({ path: `/${LIMIT}` });
    assert.deepEqual([status, body.length], [200, LIMIT]);
    assert.equal(proxy.stat("http.test.rs_too_large"), 0);
    assert.deepEqual(answers.splice(0), ["via_upstream"]);
  });

  it("beyond the limit is a 500 that is counted and gives its reason", async () => {
    const { status, body } = await proxy.send({ path: `/${LIMIT + 1}` });
    assert.deepEqual([status, body], [500, "Internal Server Error"]);
    assert.equal(proxy.stat("http.test.rs_too_large"), 1);
    assert.equal(proxy.stat("http.test.downstream_rq_too_large"), 0);
    assert.deepEqual(answers.splice(0), ["response_payload_too_large"]);
  });
});
