import type { FuzzTarget } from "@sluice/harness";
import { proxyHeaderFuzz } from "./extensions/filters/listener/proxy_protocol/proxy-header.fuzz.ts";
import { clientHelloFuzz } from "./extensions/filters/listener/tls_inspector/client-hello.fuzz.ts";
import { http1RequestFuzz, http1ResponseFuzz } from "./http/h1/http1-parser.fuzz.ts";
import { hpackFuzz } from "./http/h2/hpack/hpack-decoder.fuzz.ts";
import { http2ServerFuzz } from "./http/h2/server-codec.fuzz.ts";
import { normalizePathFuzz } from "./http/normalize-path.fuzz.ts";
import { loadBootstrapFuzz } from "./server/load-bootstrap.fuzz.ts";

/** Every parser of untrusted octets or text. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  http1RequestFuzz,
  http1ResponseFuzz,
  hpackFuzz,
  http2ServerFuzz,
  proxyHeaderFuzz,
  clientHelloFuzz,
  normalizePathFuzz,
  loadBootstrapFuzz,
];
