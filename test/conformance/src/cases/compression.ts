import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { type Fields, type ReplyChoice, requestBytes, waitFor, ZSTD_DICTIONARIES } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { seenResponse } from "../normalize.ts";

const TYPES = "type.googleapis.com/envoy.extensions";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router } }`;
const MESSAGES: Readonly<Record<string, string>> = { gzip: "Gzip", brotli: "Brotli", zstd: "Zstd" };

function library(kind: string, codec: string, name: string, config = ""): string {
  const type = `${TYPES}.compression.${codec}.${kind}.v3.${MESSAGES[codec] ?? ""}`;
  return `${kind}_library: { name: ${name}, typed_config: { "@type": ${type}${config} } }`;
}

/** A filter named as its library. */
function filter(kind: string, codec: string, name: string, config = "", options = ""): string {
  const type = `${TYPES}.filters.http.${kind}.v3.${kind === "compressor" ? "Compressor" : "Decompressor"}`;
  return `- { name: ${name}, typed_config: { "@type": ${type}, ${library(kind, codec, name, options)}${config} } }\n`;
}

function perRoute(filterName: string, config: string): string {
  return `typed_per_filter_config: { ${filterName}: { "@type": ${TYPES}.filters.http.compressor.v3.CompressorPerRoute, ${config} } }`;
}

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: unzstd,
};

/** Tells by which dictionary, if it needs one. */
function unzstd(body: Buffer): Buffer {
  try {
    return zstdDecompressSync(body);
  } catch (error) {
    for (const [index, dictionary] of ZSTD_DICTIONARIES.entries()) {
      try {
        const text = zstdDecompressSync(body, { dictionary });
        return Buffer.concat([Buffer.from(`by dictionary ${index}: `), text]);
      } catch {
        // It is of the other one, or of none.
      }
    }
    throw error;
  }
}

/** Octets that two implementations may choose differently are decoded. */
function decoded(fields: Fields, body: Buffer): string {
  const encoding = fields.find(([name]) => name.toLowerCase() === "content-encoding")?.[1] ?? "";
  const text = tryDecode(encoding, body).toString("latin1");
  return text.length > 400 ? `${text.slice(0, 50)}… ${text.length} octets` : text;
}

/** Messages may lie about their coding. */
function tryDecode(encoding: string, body: Buffer): Buffer {
  const decode = DECODERS[encoding];
  if (decode === undefined || body.length === 0) return body;
  try {
    return decode(body);
  } catch {
    return body;
  }
}

/** The answers, and what the upstream saw of the bodies, in plain text. */
async function exchanges(target: Target, requests: readonly CodedRequest[]): Promise<unknown> {
  const seen: unknown[] = [];
  for (const request of requests) {
    const connection = await target.connect();
    const before = target.upstream.requests.length;
    try {
      connection.write(
        requestBytes({ ...request, headers: [["host", "example.test"], ...(request.headers ?? [])] }),
      );
      const response = await connection.response(request.method);
      const atUpstream = target.upstream.requests[before];
      if (atUpstream !== undefined) await waitFor("the request's end", () => atUpstream.complete);
      seen.push({
        path: request.path,
        ...seenResponse({ ...response, text: decoded(response.fields, response.body) }),
        upstream: atUpstream && {
          fields: atUpstream.fields.filter(([name]) =>
            /^(accept|content)-encoding$|^content-length$|^transfer-encoding$/i.test(name),
          ),
          body: decoded(atUpstream.fields, atUpstream.body),
          trailers: atUpstream.trailers,
        },
      });
    } finally {
      connection.destroy();
    }
  }
  return seen;
}

type CodedRequest = Omit<CaseRequest, "body"> & { readonly body?: string | Uint8Array };

const TEXT = "all work and no play makes jack a dull boy. ".repeat(5);

/** What the query says: `type`, `etag`, `n` (body's length), `code`, `chunked`, `trailers`, `cache`, `vary`, `coding`. */
const reply: ReplyChoice = ({ target, method }) => {
  const query = new URL(target, "http://x").searchParams;
  const headers: [string, string][] = [];
  for (const [key, name] of [
    ["type", "content-type"],
    ["etag", "etag"],
    ["cache", "cache-control"],
    ["vary", "vary"],
    ["coding", "content-encoding"],
  ] as const) {
    for (const value of query.getAll(key)) headers.push([name, value]);
  }
  const plain = Buffer.from(
    TEXT.repeat(Number(query.get("times") ?? "1")).slice(0, Number(query.get("n") ?? "1000000")),
  );
  const coding = query.get("encode");
  if (coding !== null) headers.push(["content-encoding", coding]);
  const encode = ENCODERS[coding ?? ""];
  const code = Number(query.get("code") ?? "200");
  const body = encode === undefined ? plain : encode(plain);
  if (code === 204 || code === 304) return { status: code, headers };
  const octets = body.toString("latin1");
  const trailers = query.has("trailers") ? "x-end: yes\r\n" : "";
  const framed = query.has("chunked")
    ? `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${octets}\r\n0\r\n${trailers}\r\n`
    : `content-length: ${body.length}\r\n\r\n${method === "HEAD" ? "" : octets}`;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return { raw: `HTTP/1.1 ${code} OK\r\n${lines}${framed}` };
};

const ENCODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

const get = (path: string, accept?: string, method = "GET"): CodedRequest => ({
  method,
  path,
  ...(accept !== undefined && { headers: [["accept-encoding", accept]] }),
});
const post = (path: string, headers: Fields, body: string | Uint8Array): CodedRequest => ({
  method: "POST",
  path,
  headers: [...headers, ["content-length", String(body.length)]],
  body,
});

const [FIRST, SECOND] = ZSTD_DICTIONARIES;
const ZSTD: Fields = [["content-encoding", "zstd"]];
/** The frame names its dictionary in the octet behind its descriptor and window, or behind the descriptor alone. */
function withDictionaryId(frame: Buffer, id: number): Buffer {
  const changed = Buffer.from(frame);
  changed.writeUInt8(id, (frame.readUInt8(4) & 0x20) === 0 ? 6 : 5);
  return changed;
}

const HTML = "/?type=text/html";
const ACCEPTED = [
  undefined,
  "",
  "gzip",
  "br",
  "zstd",
  "GZIP",
  "*",
  "identity",
  "x",
  "gzip, br",
  "br, gzip",
  "zstd, br, gzip",
  "gzip;q=0.5, br;q=0.8",
  "gzip;q=0",
  "gzip;q=0, *",
  "*;q=0, gzip",
  "*;q=0.5, identity;q=0.6",
  "identity, gzip",
  "gzip;q=nonsense, br;q=0.1",
  "gzip;q=-1",
  "gzip; Q = .5 ,identity;q=0.4",
  "gzip;q=1;x=y",
  "gzip;x=y",
  "deflate, gzip;q=1.0, *;q=0.5",
];
const counters = (prefix: string, names: readonly string[]): string[] =>
  names.map((name) => `${prefix}.${name}`);
const DIRECTION = ["compressed", "not_compressed", "content_length_too_small", "total_uncompressed_bytes"];
const NEGOTIATION = [
  "no_accept_header",
  "header_identity",
  "header_compressor_used",
  "header_compressor_overshadowed",
  "header_wildcard",
  "header_not_valid",
  "not_compressed_etag",
];

export const COMPRESSION_CASES: readonly ConformanceCase[] = [
  {
    title: "compressor negotiates over the chain, by accept-encoding, type, length, etag and route",
    yaml: httpBootstrap({
      httpFilters: `${filter("compressor", "gzip", "one", ", disable_on_etag_header: true, content_length: 40", ", memory_level: 9, compression_level: BEST_COMPRESSION, compression_strategy: FILTERED, window_bits: 15, chunk_size: 8192")}${filter("compressor", "brotli", "two", ", response_direction_config: { weaken_etag_on_compress: true, disable_on_etag_header: true, uncompressible_response_codes: [206, 404] }", ", quality: 5, encoder_mode: TEXT, window_bits: 20, input_block_bits: 18")}${filter("compressor", "zstd", "three", ", choose_first: true, response_direction_config: { common_config: { content_type_matcher: [{ prefix: text/ }, { exact: a/b }] } }", ", compression_level: 5, enable_checksum: true, strategy: LAZY")}${ROUTER}`,
      routes: `- { match: { prefix: "/off" }, route: { cluster: one }, ${perRoute("one", "disabled: true")} }
- { match: { prefix: "/zstd" }, route: { cluster: one }, ${perRoute("one", `overrides: { ${library("compressor", "zstd", "other")} }`)} }
- { match: { prefix: "/strip" }, route: { cluster: one }, ${perRoute("two", "overrides: { response_direction_config: { remove_accept_encoding_header: true } }")} }
- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: "${"direct ".repeat(20)}" } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply,
    ignoreUpstream: true,
    observe: (target) =>
      exchanges(target, [
        ...ACCEPTED.map((accept) => get(HTML, accept)),
        ...["text/html;charset=utf-8", "Text/HTML", "a/b", "A/B", "image/png", ""].map((type) =>
          get(`/?type=${type}`, "gzip, zstd"),
        ),
        get("/", "gzip"),
        ...['"abc"', '""', "x", 'W/"abc"', "w/x"].flatMap((etag) =>
          ["gzip", "br", "zstd"].map((accept) => get(`${HTML}&etag=${encodeURIComponent(etag)}`, accept)),
        ),
        ...["n=10", "n=30", "n=39", "n=40", "n=0", "chunked", "chunked&n=5", "chunked&trailers"].flatMap(
          (rest) => [get(`${HTML}&${rest}`, "gzip"), get(`${HTML}&${rest}`, "br")],
        ),
        ...[204, 206, 304, 404, 500].flatMap((code) => [
          get(`${HTML}&code=${code}`, "gzip"),
          get(`${HTML}&code=${code}`, "br"),
        ]),
        get(HTML, "gzip", "HEAD"),
        get(`${HTML}&cache=no-transform`, "gzip"),
        get(`${HTML}&cache=max-age=1,%20No-Transform`, "gzip"),
        get(`${HTML}&coding=br`, "gzip"),
        ...["Origin", "*", "accept-encoding", "Accept-Encoding"].map((vary) =>
          get(`${HTML}&vary=${vary}`, "gzip"),
        ),
        get(`${HTML}&vary=a&vary=Accept-Encoding`, "gzip"),
        get("/off?type=text/html", "gzip"),
        get("/off?type=text/html", "br"),
        get("/zstd?type=text/html", "zstd"),
        get("/zstd?type=text/html", "gzip"),
        get("/strip?type=text/html", "br"),
        get("/direct", "gzip"),
        get("/direct", "br"),
        get(`${HTML}&times=2000`, "gzip"),
        get(`${HTML}&times=2000`, "br"),
        get(`${HTML}&times=2000&chunked`, "zstd"),
      ]),
    stats: [
      ...counters("http.main.compressor.one.gzip", [...DIRECTION, ...NEGOTIATION]),
      ...counters("http.main.compressor.two.brotli.response", DIRECTION),
      ...counters("http.main.compressor.two.brotli", NEGOTIATION),
      ...counters("http.main.compressor.three.zstd.response", DIRECTION),
      ...counters("http.main.compressor.three.zstd", NEGOTIATION),
    ],
  },
  {
    title: "compressor says why it does not compress, and compresses requests",
    yaml: httpBootstrap({
      bootstrap: `layered_runtime: { layers: [{ name: s, static_layer: { off: { feature: false }, zero: { feature: 0 } } }] }`,
      httpFilters: `${filter("compressor", "gzip", "one", ", request_direction_config: { common_config: { min_content_length: 50, content_type: [a/a] } }, response_direction_config: { common_config: { enabled: { default_value: true, runtime_key: zero.feature } }, status_header_enabled: true, disable_on_etag_header: true, remove_accept_encoding_header: true, uncompressible_response_codes: [206, 404] }")}${filter("compressor", "brotli", "two", ", request_direction_config: { common_config: { enabled: { default_value: true, runtime_key: off.feature } } }, response_direction_config: { status_header_enabled: true, common_config: { min_content_length: 100, content_type_matcher: [{ prefix: b/ }] } }")}${ROUTER}`,
      routes: `- { match: { prefix: "/keep" }, route: { cluster: one }, ${perRoute("one", "overrides: { response_direction_config: { remove_accept_encoding_header: false } }")} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply,
    ignoreUpstream: true,
    observe: (target) =>
      exchanges(target, [
        ...["gzip", "br", "x", undefined].flatMap((accept) =>
          [
            "",
            "&n=10",
            "&n=60",
            "&etag=x",
            "&etag=x&code=404",
            "&code=404",
            "&cache=no-transform",
            "&coding=x",
            "&chunked",
          ].map((rest) => get(`${HTML}${rest}`, accept)),
        ),
        ...["", "&n=10", "&etag=x", "&code=404"].flatMap((rest) => [
          get(`/?type=b/b${rest}`, "br"),
          get(`/?type=image/png${rest}`, "gzip"),
          get(`${HTML}${rest}`, "gzip", "HEAD"),
        ]),
        get("/?type=image/png", "gzip", "HEAD"),
        get("/keep?type=text/html", "gzip"),
        post("/", [["content-type", "a/a"]], TEXT),
        post("/", [["content-type", "A/A; b"]], TEXT),
        post("/", [["content-type", "text/html"]], TEXT),
        post("/", [["content-type", "a/a"]], "short"),
        post("/", [], TEXT),
        post("/", [["content-encoding", "x"]], TEXT),
        post("/", [["cache-control", "no-transform"]], TEXT),
        post("/", [["content-type", "a/a"]], TEXT.repeat(2000)),
        {
          method: "POST",
          path: "/",
          headers: [
            ["content-type", "a/a"],
            ["transfer-encoding", "chunked"],
          ],
          body: "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        },
      ]),
    stats: [
      ...["request", "response"].flatMap((direction) => [
        ...counters(`http.main.compressor.one.gzip.${direction}`, DIRECTION),
        ...counters(`http.main.compressor.two.brotli.${direction}`, DIRECTION),
      ]),
      ...counters("http.main.compressor.one.gzip", NEGOTIATION),
      ...counters("http.main.compressor.two.brotli", NEGOTIATION),
    ],
  },
  {
    title:
      "zstd with dictionaries: what is packed names its own, what comes is unpacked with the one it names",
    yaml: httpBootstrap({
      httpFilters: `${filter("compressor", "zstd", "one", "", `, dictionary: { inline_bytes: ${FIRST.toString("base64")} }`)}${filter("decompressor", "zstd", "two", "", `, dictionaries: [{ inline_bytes: ${FIRST.toString("base64")} }, { inline_bytes: ${SECOND.toString("base64")} }]`)}${filter("decompressor", "gzip", "three")}${ROUTER}`,
    }),
    reply,
    ignoreUpstream: true,
    observe: (target) =>
      exchanges(target, [
        get(HTML, "zstd"),
        get(`${HTML}&times=2000&chunked`, "zstd"),
        ...[FIRST, SECOND, undefined].map((dictionary) =>
          post("/", ZSTD, zstdCompressSync(TEXT, dictionary === undefined ? {} : { dictionary })),
        ),
        post("/", ZSTD, withDictionaryId(zstdCompressSync(TEXT, { dictionary: SECOND }), 78)),
      ]),
    stats: [
      "http.main.compressor.one.zstd.response.compressed",
      ...["generic", "dictionary"].map(
        (kind) => `http.main.decompressor.two.zstd.decompressor_library.zstd_${kind}_error`,
      ),
    ],
  },
  {
    title:
      "decompressor unpacks requests and responses, tells sizes in trailers, and stops at what it cannot read",
    yaml: httpBootstrap({
      hcm: "http_protocol_options: { enable_trailers: true }",
      httpFilters: `${filter("decompressor", "gzip", "One", "", ", max_inflate_ratio: 50, window_bits: 15, chunk_size: 8192")}${filter("decompressor", "brotli", "One", ", request_direction_config: { advertise_accept_encoding: false, common_config: { ignore_no_transform_header: true } }, response_direction_config: { common_config: { enabled: { default_value: false, runtime_key: none } } }")}${filter("decompressor", "zstd", "One", ", request_direction_config: { common_config: { enabled: { default_value: false, runtime_key: none } } }")}${ROUTER}`,
    }),
    reply,
    ignoreUpstream: true,
    observe: (target) =>
      exchanges(target, [
        ...["gzip", "br", "zstd"].flatMap((coding) => [
          get(`/?encode=${coding}`),
          get(`/?encode=${coding}`, "gzip;q=0.5, x", "HEAD"),
          get(`/?encode=${coding}&chunked&trailers`, "br, zstd"),
          get(`/?encode=${coding}&cache=no-transform`),
          post("/", [["content-encoding", coding]], ENCODERS[coding]?.(Buffer.from(TEXT)) ?? ""),
          post("/", [["content-encoding", `${coding}, x`]], ENCODERS[coding]?.(Buffer.from(TEXT)) ?? ""),
          post(
            "/",
            [
              ["content-encoding", coding.toUpperCase()],
              ["cache-control", "no-transform"],
            ],
            ENCODERS[coding]?.(Buffer.from(TEXT)) ?? "",
          ),
          post("/", [["content-encoding", coding]], "this is not what it says it is"),
        ]),
        post("/", [["content-encoding", "br,gzip"]], brotliCompressSync(gzipSync(TEXT))),
        post("/", [["content-encoding", "gzip,br"]], gzipSync(brotliCompressSync(TEXT))),
        post("/", [["content-encoding", "x, gzip"]], TEXT),
        post("/", [["content-encoding", "gzip"]], gzipSync(TEXT).subarray(0, -6)),
        post("/", [["content-encoding", "gzip"]], gzipSync(Buffer.alloc(3_000_000))),
        post("/", [["content-encoding", "zstd"]], TEXT),
        get("/?encode=gzip&times=2000"),
        get("/?encode=zstd&times=20&chunked"),
      ]),
    stats: [
      ...["request", "response"].flatMap((direction) =>
        ["One.gzip", "One.brotli", "One.zstd"].flatMap((name) =>
          counters(`http.main.decompressor.${name}.${direction}`, [
            "decompressed",
            "not_decompressed",
            "total_compressed_bytes",
            "total_uncompressed_bytes",
          ]),
        ),
      ),
      "http.main.decompressor.One.gzip.decompressor_library.zlib_data_error",
    ],
  },
];
