import type { ByteCounts } from "@sluice/extension-api";
import type { FilterStateObject } from "@sluice/matching";
import type { Verdict } from "../../../../authorization/verdict.ts";

/** What `emit_filter_state_stats` and `filter_metadata` leave in the filter state under the filter's name. */
export class CheckRecord implements FilterStateObject {
  /** Of the configuration, for whoever looks; no format shows it. */
  readonly #filterMetadata: Readonly<Record<string, unknown>> | undefined;
  #latencyUs: number | undefined = undefined;
  #bytesSent: number | undefined = undefined;
  #bytesReceived: number | undefined = undefined;

  constructor(filterMetadata: Readonly<Record<string, unknown>> | undefined) {
    this.#filterMetadata = filterMetadata;
  }

  get filterMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.#filterMetadata;
  }

  /** `bytes`: undefined where the service's are not counted. */
  note(latencyMs: number, bytes: ByteCounts | undefined): void {
    this.#latencyUs = Math.round(latencyMs * 1000);
    this.#bytesSent = bytes?.wireBytesSent;
    this.#bytesReceived = bytes?.wireBytesReceived;
  }

  getField(name: string): number | undefined {
    switch (name) {
      case "latency_us":
        return this.#latencyUs;
      case "bytesSent":
        return this.#bytesSent;
      case "bytesReceived":
        return this.#bytesReceived;
      default:
        return undefined;
    }
  }
}

/** `ShadowDecision`: what would have been done, in the filter state under `<filter's name>.shadow`. */
export class ShadowDecision implements FilterStateObject {
  readonly #result: "OK" | "DENIED" | "ERROR";
  readonly #status: number;
  readonly #headers: Verdict["replyHeaders"];

  constructor(result: "OK" | "DENIED" | "ERROR", status: number, headers: Verdict["replyHeaders"]) {
    this.#result = result;
    this.#status = status;
    this.#headers = headers;
  }

  getField(name: string): string | number | undefined {
    return name === "check_result" ? this.#result : name === "status_code" ? this.#status : undefined;
  }

  serializeAsString(): string {
    return this.#print("check_result", "status_code", "response_headers");
  }

  serializeAsJson(): string {
    return this.#print("checkResult", "statusCode", "responseHeaders");
  }

  #print(result: string, status: string, headers: string): string {
    const told = this.#headers.map(({ name, value }) => ({ key: name, value }));
    return JSON.stringify({
      [result]: this.#result,
      [status]: this.#status,
      ...(told.length > 0 && { [headers]: told }),
    });
  }
}
