import type { Scenario } from "./scenario.ts";
import { connect, connectTls, tcpDown, tcpUp } from "./scenarios/connections.ts";
import { h1 } from "./scenarios/h1.ts";
import { h2 } from "./scenarios/h2.ts";
import { chain, download, h1h2, h2tls, routes, tls, upload } from "./scenarios/http.ts";
import { lag } from "./scenarios/lag.ts";
import { large } from "./scenarios/large.ts";
import { publish } from "./scenarios/publish.ts";
import { idle, start } from "./scenarios/standing.ts";
import { xds } from "./scenarios/xds.ts";

/** Everything that `npm run bench` measures, in this order. */
export const SCENARIOS: readonly Scenario[] = [
  h1,
  tls,
  h2,
  h2tls,
  h1h2,
  chain,
  routes,
  download,
  upload,
  tcpDown,
  tcpUp,
  connect,
  connectTls,
  idle,
  start,
  publish,
  lag,
  xds,
  large,
];
