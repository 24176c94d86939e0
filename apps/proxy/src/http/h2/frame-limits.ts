import type { DrainCallbacks } from "../../connection/socket-connection.ts";
import { FrameFlag, FrameType } from "./frames.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stats } from "./http2-stats.ts";

/**
 * Envoy's limits against peers that send much that costs them little, or do not read what they make this side send. Each
 * method answers what was exceeded, or "".
 */
export class FrameLimits implements DrainCallbacks {
  private readonly options: Http2Options;
  private readonly stats: Http2Stats;
  private emptyFrames = 0;
  private priorityFrames = 0;
  private windowUpdateFrames = 0;
  private openedStreams = 0;
  private dataFramesSent = 0;
  private outboundFrames = 0;
  private outboundControlFrames = 0;

  constructor(options: Http2Options, stats: Http2Stats) {
    this.options = options;
    this.stats = stats;
  }

  onStreamOpened(): void {
    this.openedStreams++;
  }

  /** A frame's head has arrived. What a padded DATA frame holds shows later: `onPaddedData`. */
  onInbound(type: number, flags: number, length: number): string {
    const { options, stats } = this;
    switch (type) {
      case FrameType.Data:
        if ((flags & FrameFlag.Padded) !== 0) return "";
        return this.trackPayload(length === 0 && (flags & FrameFlag.EndStream) === 0);
      case FrameType.Headers:
      case FrameType.Continuation:
        return this.trackPayload(
          length === 0 && (type === FrameType.Continuation || (flags & FrameFlag.EndStream) === 0),
        );
      case FrameType.Priority:
        if (++this.priorityFrames <= options.priorityFramesPerStreamMax * (1 + this.openedStreams)) return "";
        stats.counters.inbound_priority_frames_flood.inc();
        return "Too many PRIORITY frames";
      case FrameType.WindowUpdate: {
        const allowed =
          5 + 2 * (this.openedStreams + options.windowUpdatesPerDataFrameMax * this.dataFramesSent);
        if (++this.windowUpdateFrames <= allowed) return "";
        stats.counters.inbound_window_update_frames_flood.inc();
        return "Too many WINDOW_UPDATE frames";
      }
      default:
        return "";
    }
  }

  onPaddedData(empty: boolean): string {
    return this.trackPayload(empty);
  }

  private trackPayload(empty: boolean): string {
    if (!empty) {
      this.emptyFrames = 0;
      return "";
    }
    if (++this.emptyFrames <= this.options.emptyFramesMax) return "";
    this.stats.counters.inbound_empty_frames_flood.inc();
    return "http2.inbound_empty_frames_flood";
  }

  onOutbound(): void {
    this.outboundFrames++;
  }

  onOutboundData(): void {
    this.dataFramesSent++;
    this.outboundFrames++;
  }

  /** Answers to what the peer sent: PING and SETTINGS acknowledgements, RST_STREAM. */
  onOutboundControl(): void {
    this.outboundFrames++;
    this.outboundControlFrames++;
  }

  onDrained(): void {
    this.outboundFrames = 0;
    this.outboundControlFrames = 0;
  }

  checkOutbound(): string {
    const { options, stats } = this;
    if (this.outboundFrames > options.outboundFramesMax) {
      stats.counters.outbound_flood.inc();
      return "Too many frames in the outbound queue.";
    }
    if (this.outboundControlFrames > options.outboundControlFramesMax) {
      stats.counters.outbound_control_flood.inc();
      return "Too many control frames in the outbound queue.";
    }
    return "";
  }
}
