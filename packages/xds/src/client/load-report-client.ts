import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { type Node, NodeSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { ClusterStatsSchema } from "../../gen/envoy/config/endpoint/v3/load_report_pb.js";
import {
  LoadReportingService,
  type LoadStatsRequest,
  LoadStatsRequestSchema,
  type LoadStatsResponse,
} from "../../gen/envoy/service/load_stats/v3/lrs_pb.js";
import { type CallEnd, keepOpen } from "./keep-open.ts";
import { type GrpcTransport, onOwnSession } from "./open-session.ts";
import type { XdsTarget } from "./xds-client.ts";

export type ClusterStatsInit = MessageInitShape<typeof ClusterStatsSchema>;

/** Where the load is counted. */
export interface LoadSource {
  /** These clusters are measured, from now on where they were not yet; others no longer. "all": whichever there are. */
  track(clusters: readonly string[] | "all"): void;
  /** What has come since the last time, of the clusters that are measured. `endpoints`: each one besides its locality. */
  collect(endpoints: boolean): readonly ClusterStatsInit[];
}

export type LoadReportEvent = "request" | "response" | "error" | "retry";

export interface LoadReportClientOptions {
  /** Asked before each attempt; undefined: not known yet. */
  readonly target: () => XdsTarget | undefined;
  readonly node: Node;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly source: LoadSource;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * As Envoy counts: a `request` is what the server asks, a `response` what it is told, an `error` the end of a stream that the server
   * did not end in order, a `retry` another attempt.
   */
  readonly onEvent: (event: LoadReportEvent, detail: string) => void;
}

export interface LoadReportClient {
  close(): Promise<void>;
}

const ENDED = "the server ended the stream";
const SENDS_ALL = "envoy.lrs.supports_send_all_clusters";
/** Whatever the server asks for. */
const INTERVAL_MS_MIN = 100;
const MESSAGE_BYTES_MAX = 4 << 20;

/**
 * Reports load to a server of envoy.service.load_stats.v3.LoadReportingService: says who it is, and then what came, for the clusters
 * and at the interval that the server asks for, until the server asks for something else.
 */
export function createLoadReportClient(options: LoadReportClientOptions): LoadReportClient {
  const closing = new AbortController();
  const { signal } = closing;
  const asked: Asked = { order: undefined };
  let tried = false;
  const running = keepOpen({
    signal,
    random: options.random,
    once(onOpen) {
      if (tried) options.onEvent("retry", "");
      tried = true;
      return reportOnce(options, asked, signal, onOpen);
    },
    onEnd(detail) {
      if (detail !== ENDED) options.onEvent("error", detail);
    },
  });
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** What the server asked for last; holds on the next stream too, until it is asked for something else there. */
interface Asked {
  order: LoadStatsResponse | undefined;
}

/** One stream, from its first message to its end. */
async function reportOnce(
  options: LoadReportClientOptions,
  asked: Asked,
  closing: AbortSignal,
  onOpen: () => void,
): Promise<CallEnd> {
  const target = options.target();
  if (target === undefined) return { detail: "the server's address is not known" };
  try {
    const own = { target, messageBytesMax: MESSAGE_BYTES_MAX, closing };
    await onOwnSession(own, (transport, signal) => report(options, asked, transport, signal, onOpen));
    return { detail: ENDED };
  } catch (error) {
    return { detail: ConnectError.from(error).rawMessage };
  }
}

async function report(
  options: LoadReportClientOptions,
  asked: Asked,
  transport: GrpcTransport,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const reporter = new Reporter(options, asked, signal);
  try {
    const orders = createClient(LoadReportingService, transport).streamLoadStats(reporter.messages(), {
      signal,
      headers: { ...options.metadata },
      onHeader: onOpen,
    });
    for await (const order of orders) {
      options.onEvent("request", "");
      reporter.follow(order);
    }
  } finally {
    reporter.stop();
  }
}

/** What the node says on one stream. */
class Reporter {
  private readonly options: LoadReportClientOptions;
  private readonly asked: Asked;
  private readonly signal: AbortSignal;
  private readonly node: Node;
  private timer: NodeJS.Timeout | undefined = undefined;
  /** The first message is due at once: it says who this is, and what came while there was no stream. */
  private due = true;
  private wake: () => void = () => {};

  constructor(options: LoadReportClientOptions, asked: Asked, signal: AbortSignal) {
    const { clientFeatures } = options.node;
    this.options = options;
    this.asked = asked;
    this.signal = signal;
    this.node = create(NodeSchema, {
      ...options.node,
      clientFeatures: [...clientFeatures.filter((feature) => feature !== SENDS_ALL), SENDS_ALL],
    });
    signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  follow(order: LoadStatsResponse): void {
    this.asked.order = order;
    this.begin(order);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** One message at a time: a server that does not read is told later, and then of all that came meanwhile. */
  async *messages(): AsyncGenerator<LoadStatsRequest, void> {
    const { node, options, asked } = this;
    while (!this.signal.aborted) {
      if (!this.due) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      this.due = false;
      const { order } = asked;
      const clusterStats =
        order === undefined ? [] : [...options.source.collect(order.reportEndpointGranularity)];
      options.onEvent("response", "");
      yield create(LoadStatsRequestSchema, { node, clusterStats });
      if (asked.order !== undefined) this.begin(asked.order);
    }
  }

  /** The next report is due an interval from now. */
  private begin(order: LoadStatsResponse): void {
    if (this.signal.aborted) return;
    this.options.source.track(order.sendAllClusters ? "all" : order.clusters);
    const { seconds, nanos } = order.loadReportingInterval ?? { seconds: 0n, nanos: 0 };
    const intervalMs = Math.max(INTERVAL_MS_MIN, Number(seconds) * 1000 + nanos / 1e6);
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.due = true;
        this.wake();
      },
      Math.min(intervalMs, 0x7fff_ffff),
    );
  }
}
