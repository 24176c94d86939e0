import type { Scenario } from "./scenario.ts";
import { h1 } from "./scenarios/h1.ts";
import { h1Tls } from "./scenarios/h1-tls.ts";
import { h2 } from "./scenarios/h2.ts";
import { publish } from "./scenarios/publish.ts";

/** Everything that `npm run bench` measures, in this order. */
export const SCENARIOS: readonly Scenario[] = [h1, h1Tls, h2, publish];
