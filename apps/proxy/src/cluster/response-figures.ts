import type { Counter, Histogram, StatsScope } from "@sluice/extension-api";

/** What is known of a response beside its status. */
export interface ResponseKind {
  /** The request came from inside (`x-envoy-internal`). */
  internal: boolean;
  /** Answered by a canary host. */
  canary: boolean;
  /** Neither classes nor codes are counted (`suppress_grpc_request_failure_code_stats`). */
  withoutCodes: boolean;
  /** Of this proxy and of the host; "" where unknown. */
  fromZone: string;
  toZone: string;
  /** `x-envoy-upstream-alt-stat-name`: counted again under this name; "" where there is none. */
  altName: string;
}

/** Of a response that this proxy gave itself in a host's place, or got for a request of its own. */
export const INTERNAL_RESPONSE: ResponseKind = Object.freeze({
  internal: true,
  canary: false,
  withoutCodes: false,
  fromZone: "",
  toZone: "",
  altName: "",
});

/** Names that come with requests; more are not counted apart. */
const NAMES_MAX = 100;
// Keys that no zone has.
const PART_KEYS = { internal: " internal", external: " external", canary: " canary" } as const;

/**
 * `upstream_rq_completed`, `upstream_rq_<class>xx`, `upstream_rq_<code>` and `upstream_rq_time` (ms) below one scope, and
 * again below `internal.` or `external.`, `canary.` and `zone.<from>.<to>.`. Stats are made when first counted.
 */
export class ResponseFigures {
  readonly #scope: StatsScope;
  #completed: Counter | undefined = undefined;
  #time: Histogram | undefined = undefined;
  readonly #codes: (Counter | undefined)[] = new Array<Counter | undefined>(1000).fill(undefined);
  readonly #classes: (Counter | undefined)[] = new Array<Counter | undefined>(10).fill(undefined);
  readonly #parts = new Map<string, ResponseFigures>();

  constructor(scope: StatsScope) {
    this.#scope = scope;
  }

  /** One response, in all that its kind says. */
  countKind(status: number, kind: ResponseKind): void {
    this.count(status, kind.withoutCodes);
    if (kind.canary) this.#part("canary").count(status, false);
    this.#part(kind.internal ? "internal" : "external").count(status, false);
    if (kind.fromZone !== "" && kind.toZone !== "") this.#zone(kind).count(status, false);
    if (kind.altName !== "") this.#alternative(kind)?.countKind(status, { ...kind, altName: "" });
  }

  /** How long it took, from the end of the request to the end of the response. */
  recordKind(ms: number, kind: ResponseKind): void {
    this.record(ms);
    if (kind.canary) this.#part("canary").record(ms);
    this.#part(kind.internal ? "internal" : "external").record(ms);
    if (kind.fromZone !== "" && kind.toZone !== "") this.#zone(kind).record(ms);
    if (kind.altName !== "") this.#alternative(kind)?.recordKind(ms, { ...kind, altName: "" });
  }

  count(status: number, withoutCodes = false): void {
    if (status < 100 || status > 999) return;
    this.#completed ??= this.#scope.counter("upstream_rq_completed");
    this.#completed.inc();
    if (withoutCodes) return;
    const hundred = (status / 100) | 0;
    if (hundred <= 5) {
      let class_ = this.#classes[hundred];
      if (class_ === undefined) {
        class_ = this.#scope.counter(`upstream_rq_${hundred}xx`);
        this.#classes[hundred] = class_;
      }
      class_.inc();
    }
    let code = this.#codes[status];
    if (code === undefined) {
      code = this.#scope.counter(`upstream_rq_${status}`);
      this.#codes[status] = code;
    }
    code.inc();
  }

  record(ms: number): void {
    this.#time ??= this.#scope.histogram("upstream_rq_time");
    this.#time.record(ms);
  }

  #zone({ fromZone, toZone }: ResponseKind): ResponseFigures {
    let part = this.#parts.get(toZone);
    if (part === undefined) {
      part = new ResponseFigures(this.#scope.scope("zone").scope(fromZone).scope(toZone));
      this.#parts.set(toZone, part);
    }
    return part;
  }

  #alternative({ altName }: ResponseKind): ResponseFigures | undefined {
    const known = this.#parts.get(`alt ${altName}`);
    if (known !== undefined || this.#parts.size >= NAMES_MAX) return known;
    const part = new ResponseFigures(this.#scope.scope(altName));
    this.#parts.set(`alt ${altName}`, part);
    return part;
  }

  #part(name: "internal" | "external" | "canary"): ResponseFigures {
    const key = PART_KEYS[name];
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = new ResponseFigures(this.#scope.scope(name));
      this.#parts.set(key, part);
    }
    return part;
  }
}
