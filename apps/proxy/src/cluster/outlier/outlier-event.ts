import { create, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Action,
  type OutlierDetectionEvent,
  OutlierDetectionEventSchema,
  OutlierEjectConsecutiveSchema,
  OutlierEjectFailurePercentageSchema,
  OutlierEjectionType,
  OutlierEjectSuccessRateSchema,
} from "@sluice/xds/gen/envoy/data/cluster/v3/outlier_detection_event_pb.js";
import type { OutlierDetectionType } from "./outlier-config.ts";

/** What `cluster_manager.outlier_detection.event_log_path` tells of a host. */
export interface OutlierEvent {
  readonly cluster: string;
  /** `address:port`. */
  readonly host: string;
  /** How often it was ejected. */
  readonly ejections: number;
  /** Since it was last ejected or came back; undefined: it never was. */
  readonly sinceLastActionMs: number | undefined;
  /** Undefined: it is back. */
  readonly ejection: Ejection | undefined;
}

export interface Ejection {
  readonly type: OutlierDetectionType | "degradation";
  /** False: it was to be ejected, but `enforcing_…` let it be. */
  readonly enforced: boolean;
  /** In percent; -1: not known. */
  readonly successRate: number;
  readonly average: number;
  readonly threshold: number;
}

const TYPES: Readonly<Record<Ejection["type"], OutlierEjectionType>> = {
  consecutive_5xx: OutlierEjectionType.CONSECUTIVE_5XX,
  consecutive_gateway_failure: OutlierEjectionType.CONSECUTIVE_GATEWAY_FAILURE,
  consecutive_local_origin_failure: OutlierEjectionType.CONSECUTIVE_LOCAL_ORIGIN_FAILURE,
  success_rate: OutlierEjectionType.SUCCESS_RATE,
  local_origin_success_rate: OutlierEjectionType.SUCCESS_RATE_LOCAL_ORIGIN,
  failure_percentage: OutlierEjectionType.FAILURE_PERCENTAGE,
  degradation: OutlierEjectionType.DEGRADED,
  local_origin_failure_percentage: OutlierEjectionType.FAILURE_PERCENTAGE_LOCAL_ORIGIN,
};

/** The event as Envoy's JSON, one line. */
export function outlierEventLine(event: OutlierEvent, wallMs: number): string {
  const { ejection, sinceLastActionMs } = event;
  const message = create(OutlierDetectionEventSchema, {
    timestamp: timestampFromMs(wallMs),
    clusterName: event.cluster,
    upstreamUrl: event.host,
    action: ejection === undefined ? Action.UNEJECT : Action.EJECT,
    numEjections: event.ejections,
    enforced: ejection?.enforced ?? false,
    ...(ejection === undefined ? {} : { type: TYPES[ejection.type], event: bodyOf(ejection) }),
    ...(sinceLastActionMs === undefined
      ? {}
      : { secsSinceLastAction: BigInt(Math.floor(sinceLastActionMs / 1000)) }),
  });
  const options = { useProtoFieldName: true, alwaysEmitImplicit: true };
  return `${toJsonString(OutlierDetectionEventSchema, message, options)}\n`;
}

function bodyOf({ type, successRate, average, threshold }: Ejection): OutlierDetectionEvent["event"] {
  if (type.endsWith("success_rate")) {
    const value = create(OutlierEjectSuccessRateSchema, {
      hostSuccessRate: whole(successRate),
      clusterAverageSuccessRate: whole(average),
      clusterSuccessRateEjectionThreshold: whole(threshold),
    });
    return { case: "ejectSuccessRateEvent", value };
  }
  if (type.endsWith("failure_percentage")) {
    const value = create(OutlierEjectFailurePercentageSchema, { hostSuccessRate: whole(successRate) });
    return { case: "ejectFailurePercentageEvent", value };
  }
  return { case: "ejectConsecutiveEvent", value: create(OutlierEjectConsecutiveSchema) };
}

const whole = (percent: number): number => Math.max(0, Math.floor(percent));
