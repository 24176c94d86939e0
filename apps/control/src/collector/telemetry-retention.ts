import type { ApplianceSettings } from "@sluice/config";
import type { Retention } from "@sluice/telemetry";

const HOUR_MS = 3_600_000;

/** How long telemetry is kept, as the appliance's settings say. */
export function telemetryRetention(settings: ApplianceSettings): Retention {
  return {
    minutesMs: settings.figuresDays * 24 * HOUR_MS,
    requestsMs: settings.requestsHours * HOUR_MS,
    requestsMax: settings.requestsMax,
    tracesMs: settings.tracesHours * HOUR_MS,
    tracesMax: settings.tracesMax,
  };
}
