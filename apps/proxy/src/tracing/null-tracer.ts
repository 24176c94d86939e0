import type { ActiveSpan, Tracer } from "./tracer.ts";

/** A tracer's spans where `tracing` names no provider: clients hear a span's name, nobody else of it. */
class NullSpan implements ActiveSpan {
  readonly traceId = "";
  readonly spanId = "";
  sampled = false;
  decoration = "";

  inject(): void {}
  startUpstreamSpan(): undefined {
    return undefined;
  }
  startMirrorSpan(): ActiveSpan {
    return new NullSpan();
  }
  setTag(): void {}
  useRoute(): void {}
  setOperation(): void {}
  finish(): void {}
}

/** `tracing` without a provider: requests are chosen and counted, and their ids tell so, but nothing is exported or passed on. */
export function nullTracer({ sampling, outbound }: Pick<Tracer, "sampling" | "outbound">): Tracer {
  return { sampling, outbound, startSpan: () => new NullSpan() };
}
