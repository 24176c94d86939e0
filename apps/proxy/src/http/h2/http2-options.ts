import type { Problem } from "@sluice/extension-api";
import type { Http2ProtocolOptions } from "@sluice/xds/gen/envoy/config/core/v3/protocol_pb.js";
import { durationMs } from "../../config-message/duration-ms.ts";
import { SettingId } from "./frames.ts";

/** `Http2ProtocolOptions`, compiled. Sizes in bytes, times in ms; defaults are Envoy's. */
export interface Http2Options {
  /** `hpack_table_size`, default 4096: what the peer's encoder may keep. */
  readonly headerTableBytes: number;
  /** `max_concurrent_streams`, default 1024: how many the peer may open, or this side opens at most. */
  readonly maxConcurrentStreams: number;
  /** `initial_stream_window_size`, default 16 MiB; also the high watermark of what a stream may have waiting to be sent. */
  readonly streamWindowBytes: number;
  /** `initial_connection_window_size`, default 24 MiB. */
  readonly connectionWindowBytes: number;
  /** `allow_connect`: extended CONNECT (RFC 8441). */
  readonly allowConnect: boolean;
  /** `max_outbound_frames`, default 10000. */
  readonly outboundFramesMax: number;
  /** `max_outbound_control_frames`, default 1000. */
  readonly outboundControlFramesMax: number;
  /** `max_consecutive_inbound_frames_with_empty_payload`, default 1. */
  readonly emptyFramesMax: number;
  /** `max_inbound_priority_frames_per_stream`, default 100. */
  readonly priorityFramesPerStreamMax: number;
  /** `max_inbound_window_update_frames_per_data_frame_sent`, default 10. */
  readonly windowUpdatesPerDataFrameMax: number;
  /** `override_stream_error_on_invalid_http_message`: an invalid message costs its stream alone, not the connection. */
  readonly invalidMessageEndsStreamOnly: boolean;
  /** `custom_settings_parameters`. */
  readonly customSettings: ReadonlyArray<readonly [id: number, value: number]>;
  readonly keepalive: Http2Keepalive | undefined;
  /** `enable_huffman_encoding`, default true: texts may be Huffman-coded. */
  readonly huffman: boolean;
  /** `max_header_field_size_kb`, default 64 KiB: a field's name or value, as it is coded. */
  readonly fieldBytesMax: number;
  /** `stream_reset_burst`, default 1000: so many streams may a client reset at once, */
  readonly streamResetBurst: number;
  /** `stream_reset_rate`, default 33: and so many more in each second. */
  readonly streamResetRate: number;
}

/** `connection_keepalive`. */
export interface Http2Keepalive {
  /** 0: no PING at intervals. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Added at random to each interval, in percent of it; default 15. */
  readonly jitterPercent: number;
  /** A PING goes ahead of a new stream after so long without a byte; 0: never. */
  readonly idleIntervalMs: number;
}

/** `streamErrorByDefault`: what the enclosing message says of invalid HTTP messages where these options say nothing. */
export function compileHttp2Options(
  config: Http2ProtocolOptions | undefined,
  streamErrorByDefault: boolean,
): Http2Options {
  const keepalive = config?.connectionKeepalive;
  return {
    headerTableBytes: config?.hpackTableSize ?? 4096,
    maxConcurrentStreams: config?.maxConcurrentStreams ?? 1024,
    streamWindowBytes: config?.initialStreamWindowSize ?? 16 * 1024 * 1024,
    connectionWindowBytes: config?.initialConnectionWindowSize ?? 24 * 1024 * 1024,
    allowConnect: config?.allowConnect ?? false,
    outboundFramesMax: config?.maxOutboundFrames ?? 10_000,
    outboundControlFramesMax: config?.maxOutboundControlFrames ?? 1000,
    emptyFramesMax: config?.maxConsecutiveInboundFramesWithEmptyPayload ?? 1,
    priorityFramesPerStreamMax: config?.maxInboundPriorityFramesPerStream ?? 100,
    windowUpdatesPerDataFrameMax: config?.maxInboundWindowUpdateFramesPerDataFrameSent ?? 10,
    invalidMessageEndsStreamOnly:
      config?.overrideStreamErrorOnInvalidHttpMessage ??
      ((config?.streamErrorOnInvalidHttpMessaging ?? false) || streamErrorByDefault),
    customSettings: (config?.customSettingsParameters ?? []).map(
      ({ identifier, value }) => [identifier ?? 0, value ?? 0] as const,
    ),
    keepalive:
      keepalive === undefined
        ? undefined
        : {
            intervalMs: durationMs(keepalive.interval, 0),
            timeoutMs: durationMs(keepalive.timeout, 0),
            jitterPercent: keepalive.intervalJitter?.value ?? 15,
            idleIntervalMs: durationMs(keepalive.connectionIdleInterval, 0),
          },
    huffman: config?.enableHuffmanEncoding ?? true,
    fieldBytesMax: (config?.maxHeaderFieldSizeKb ?? 64) * 1024,
    streamResetBurst: Number(config?.streamResetBurst ?? 1000n),
    streamResetRate: Number(config?.streamResetRate ?? 33n),
  };
}

/** What the schema's rules cannot say: a parameter has one place. */
export function http2OptionProblems(config: Http2ProtocolOptions | undefined, path: string): Problem[] {
  const problems: Problem[] = [];
  const named = new Map<number, boolean>([
    [SettingId.HeaderTableSize, config?.hpackTableSize !== undefined],
    [SettingId.MaxConcurrentStreams, config?.maxConcurrentStreams !== undefined],
    [SettingId.InitialWindowSize, config?.initialStreamWindowSize !== undefined],
    [SettingId.EnablePush, true],
    [SettingId.EnableConnectProtocol, true],
  ]);
  const seen = new Map<number, number>();
  for (const [i, { identifier = 0, value = 0 }] of (config?.customSettingsParameters ?? []).entries()) {
    const error = (message: string): number =>
      problems.push({ path: `${path}.custom_settings_parameters[${i}]`, message, severity: "error" });
    if (named.get(identifier) === true) error(`setting ${identifier} is configured by a field of its own`);
    else if ((seen.get(identifier) ?? value) !== value) error(`setting ${identifier} has two values`);
    seen.set(identifier, value);
  }
  return problems;
}
