import type { Runtime } from "@sluice/extension-api";
import type { HostOutlier, OutlierResult } from "../thread-local-cluster.ts";
import type { ConsecutiveType, OutlierConfig, OutlierSign } from "./outlier-config.ts";
import { OutlierPage } from "./outlier-page.ts";

/** Operators may set the thresholds by runtime. */
export interface OutlierSettings {
  readonly config: OutlierConfig;
  readonly runtime: Runtime;
}

const KEYS: Readonly<Record<ConsecutiveType, string>> = {
  consecutive_5xx: "outlier_detection.consecutive_5xx",
  consecutive_gateway_failure: "outlier_detection.consecutive_gateway_failure",
  consecutive_local_origin_failure: "outlier_detection.consecutive_local_origin_failure",
};

/** One host's results in one worker; tells the main thread when there were too many failures in a row. */
export class HostOutlierMonitor implements HostOutlier {
  readonly #config: OutlierConfig;
  readonly #runtime: Runtime;
  readonly #page: OutlierPage;
  readonly #workerIndex: number;
  readonly #detected: (sign: OutlierSign) => void;

  constructor(
    { config, runtime }: OutlierSettings,
    page: SharedArrayBuffer,
    workerIndex: number,
    detected: (sign: OutlierSign) => void,
  ) {
    this.#config = config;
    this.#runtime = runtime;
    this.#page = new OutlierPage(page);
    this.#workerIndex = workerIndex;
    this.#detected = detected;
  }

  putHttpResponseCode(status: number): void {
    const page = this.#page;
    const failed = status >= 500 && status < 600;
    page.count(this.#workerIndex, false, !failed);
    if (!failed) {
      page.reset("consecutive_5xx");
      page.reset("consecutive_gateway_failure");
      return;
    }
    if (status >= 502 && status <= 504) {
      this.#fail("consecutive_gateway_failure", this.#config.consecutiveGatewayFailure);
    } else page.reset("consecutive_gateway_failure");
    this.#fail("consecutive_5xx", this.#config.consecutive5xx);
  }

  putDegraded(): void {
    if (this.#config.detectsDegraded && this.#page.degrade()) this.#detected("degradation");
  }

  putResult(result: OutlierResult, status?: number): void {
    const ok = result === "localOriginConnectSuccess";
    if (!this.#config.splitLocalOrigin) {
      // Without a split a failure of our own counts as the status that the client gets for it; a mere connection says nothing.
      if (ok) return;
      this.putHttpResponseCode(status ?? (result === "localOriginTimeout" ? 504 : 503));
      return;
    }
    this.#page.count(this.#workerIndex, true, ok);
    if (ok) this.#page.reset("consecutive_local_origin_failure");
    else this.#fail("consecutive_local_origin_failure", this.#config.consecutiveLocalOriginFailure);
  }

  putResponseTime(_ms: number): void {
    // No detection goes by time, in Envoy neither.
  }

  #fail(type: ConsecutiveType, threshold: number): void {
    const most = this.#runtime.integer(KEYS[type], threshold);
    if (this.#page.fail(type) === most) this.#detected(type);
  }
}
