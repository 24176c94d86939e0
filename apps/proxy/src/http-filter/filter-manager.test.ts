import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DecoderCallbacks,
  type EncoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HttpFilterFactory,
  type StreamFilter,
} from "@sluice/extension-api";
import { Headers } from "../http/header-map.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { FilterManager } from "./filter-manager.ts";
import type { StreamHost } from "./stream-host.ts";

/** A filter that notes what it sees and answers as told. */
class Scripted implements StreamFilter {
  readonly name: string;
  readonly seen: string[];
  headersStatus: FilterHeadersStatus = FilterHeadersStatus.Continue;
  dataStatus: FilterDataStatus = FilterDataStatus.Continue;
  onHeaders: ((callbacks: DecoderCallbacks) => void) | undefined = undefined;
  onResponse: FilterHeadersStatus = FilterHeadersStatus.Continue;
  decoder!: DecoderCallbacks;
  encoder!: EncoderCallbacks;

  constructor(name: string, seen: string[]) {
    this.name = name;
    this.seen = seen;
  }
  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.decoder = callbacks;
  }
  setEncoderCallbacks(callbacks: EncoderCallbacks): void {
    this.encoder = callbacks;
  }
  decodeHeaders(_headers: unknown, endStream: boolean): FilterHeadersStatus {
    this.seen.push(`${this.name}:headers${endStream ? "." : ""}`);
    this.onHeaders?.(this.decoder);
    return this.headersStatus;
  }
  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    this.seen.push(`${this.name}:${Buffer.from(chunk).toString()}${endStream ? "." : ""}`);
    return this.dataStatus;
  }
  decodeTrailers(): FilterTrailersStatus {
    this.seen.push(`${this.name}:trailers`);
    return FilterTrailersStatus.Continue;
  }
  encodeHeaders(headers: { get(name: string): string | undefined }): FilterHeadersStatus {
    this.seen.push(`${this.name}<${headers.get(":status") ?? ""}`);
    return this.onResponse;
  }
  encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    this.seen.push(`${this.name}<${Buffer.from(chunk).toString()}${endStream ? "." : ""}`);
    return FilterDataStatus.Continue;
  }
  encodeTrailers(): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
  onDestroy(): void {}
}

/** A chain `a`, `b` over a stream that notes what is written. */
function chain(bufferLimitBytes = 100) {
  const seen: string[] = [];
  const request = new Headers([":method", "POST", ":path", "/"]);
  const host: Partial<StreamHost> = {
    streamInfo: new RequestStreamInfo(0, 0),
    bufferLimitBytes,
    requestHeaders: request,
    route: () => undefined,
    writeHeaders: (headers, endStream) => seen.push(`out ${headers.get(":status")}${endStream ? "." : ""}`),
    writeData: (chunk, endStream) => seen.push(`out ${Buffer.from(chunk).toString()}${endStream ? "." : ""}`),
    readDisable: (disable) => seen.push(disable ? "hold" : "release"),
    leaveUnread: () => seen.push("not read on"),
    beforeLocalReply: () => undefined,
    onTooLarge: (message) => seen.push(`${message} too large`),
    isGrpc: false,
    finalizeLocalReply: () => undefined,
    rewriteLocalReply: () => undefined,
    abort: () => seen.push("abort"),
    onFilterBug: (error) => seen.push(String(error)),
  };
  const manager = new FilterManager(asHost(host));
  const [a, b] = [new Scripted("a", seen), new Scripted("b", seen)];
  const entry = (filter: Scripted) => ({
    name: filter.name,
    factory: {
      terminal: false,
      compile: () => ({ ok: true, value: undefined }),
      create: () => filter,
    } satisfies HttpFilterFactory,
    config: undefined,
    disabled: false,
  });
  manager.createChain([entry(a), entry(b)], () => true);
  return { manager, a, b, seen, request };
}

/** The members that the paths under test read are there. */
function asHost(host: Partial<StreamHost>): StreamHost {
  return host as StreamHost;
}

test("what a filter stops whole it sees itself when it goes on, then the next", () => {
  const { manager, a, seen, request } = chain();
  a.headersStatus = FilterHeadersStatus.StopAllIterationAndBuffer;
  manager.request.begin(request, false);
  manager.request.data(Buffer.from("12"), false);
  manager.request.data(Buffer.from("34"), true);
  assert.deepEqual(seen, ["a:headers"]);
  a.decoder.continueDecoding();
  assert.deepEqual(seen, ["a:headers", "b:headers", "a:1234.", "b:1234."]);
});

test("a stopped filter's data is kept, and goes behind the headers when it goes on", () => {
  const { manager, a, seen, request } = chain();
  a.headersStatus = FilterHeadersStatus.StopIteration;
  a.dataStatus = FilterDataStatus.StopIterationAndBuffer;
  manager.request.begin(request, false);
  manager.request.data(Buffer.from("12"), false);
  manager.request.end(new Headers(["t", "1"]));
  assert.deepEqual(seen, ["a:headers", "a:12", "a:trailers", "b:headers", "b:12", "b:trailers"]);
});

test("beyond the limit a buffering filter answers 413, and the connection ends with it", () => {
  const { manager, a, seen, request } = chain(3);
  a.headersStatus = FilterHeadersStatus.StopAllIterationAndBuffer;
  manager.request.begin(request, false);
  manager.request.data(Buffer.from("1234"), true);
  assert.ok(seen.includes("not read on"));
  assert.deepEqual(
    seen.filter((each) => each.startsWith("out 4")),
    ["out 413"],
  );
});

test("beyond the limit a streaming filter holds the source back until it goes on", () => {
  const { manager, a, seen, request } = chain(3);
  a.headersStatus = FilterHeadersStatus.StopAllIterationAndWatermark;
  manager.request.begin(request, false);
  manager.request.data(Buffer.from("1234"), false);
  assert.deepEqual(seen, ["a:headers", "hold"]);
  a.decoder.continueDecoding();
  assert.deepEqual(seen, ["a:headers", "hold", "b:headers", "release", "a:1234", "b:1234"]);
});

test("a filter may give a message of headers only a body", () => {
  const { manager, a, seen, request } = chain();
  a.onHeaders = (callbacks) => callbacks.addDecodedData(Buffer.from("added"), false);
  manager.request.begin(request, true);
  assert.deepEqual(seen, ["a:headers.", "b:headers", "b:added."]);
});

test("injected data passes by the filter that injects it, headers first", () => {
  const { manager, a, seen, request } = chain();
  a.headersStatus = FilterHeadersStatus.StopIteration;
  a.dataStatus = FilterDataStatus.StopIterationNoBuffer;
  manager.request.begin(request, false);
  manager.request.data(Buffer.from("raw"), true);
  a.decoder.injectDecodedData(Buffer.from("cooked"), true);
  assert.deepEqual(seen, ["a:headers", "a:raw.", "b:headers", "b:cooked."]);
});

test("a stopped response waits for its filter, which the client's side does not see before", () => {
  const { manager, a, seen } = chain();
  a.onResponse = FilterHeadersStatus.StopAllIterationAndBuffer;
  manager.response.begin(new Headers([":status", "200"]), false, "via_upstream");
  manager.response.data(undefined, Buffer.from("body"), true);
  assert.deepEqual(seen, ["b<200", "a<200", "b<body."]);
  a.encoder.continueEncoding();
  assert.deepEqual(seen.slice(3), ["out 200", "a<body.", "out body."]);
});

test("a local reply passes the encoders once, and nothing of the request goes on", () => {
  const { manager, a, seen, request } = chain();
  a.onHeaders = (callbacks) => callbacks.sendLocalReply(403, "no", "denied");
  manager.request.begin(request, true);
  manager.sendLocalReply(500, "again", "twice");
  assert.deepEqual(seen, ["a:headers.", "b<403", "a<403", "out 403", "b<no.", "a<no.", "out no."]);
});
