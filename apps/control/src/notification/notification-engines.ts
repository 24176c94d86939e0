import {
  CHANNELS,
  evaluateAlerts,
  expireApprovals,
  purgeNotifications,
  type ReadTraffic,
  watchCertificates,
  watchNodes,
} from "@sluice/config";
import type { NotificationBus } from "@sluice/database";
import { LeasedLoop } from "../server/leased-loop.ts";
import type { RoundContext } from "./delivery-context.ts";
import { notificationRound } from "./notification-round.ts";

export interface NotificationEnginesOptions {
  readonly context: RoundContext;
  readonly bus: NotificationBus;
  /** Unique per process start. */
  readonly replica: string;
  readonly readTraffic: ReadTraffic;
  /** How long a node may be away before it is told to be lost. */
  readonly nodeLostMs: number;
  readonly onTrouble: (error: unknown) => void;
}

const ALERT_TICK_MS = 5_000;
const SLOW_EVERY_MS = 60_000;
const PURGE_EVERY_MS = 3_600_000;

/** Two loops, each by one replica for all: the sender, and what watches nodes, certificates and alert rules. A receiver that hangs
 * keeps no alert from firing. */
export function createNotificationEngines(options: NotificationEnginesOptions): readonly LeasedLoop[] {
  const { context, bus, replica, onTrouble } = options;
  const sender = new LeasedLoop({
    context,
    bus,
    replica,
    onTrouble,
    work: "notifications",
    // Longer than a round may take, so that nobody else begins one meanwhile.
    leaseMs: 60_000,
    deadlineMs: 50_000,
    tickMs: 1_000,
    channels: [[CHANNELS.notification, 100]],
    what: "sending notifications",
    round: async () => await notificationRound(context),
  });
  const watcher = new LeasedLoop({
    context,
    bus,
    replica,
    onTrouble,
    work: "alerts",
    leaseMs: 15_000,
    deadlineMs: 14_000,
    tickMs: ALERT_TICK_MS,
    channels: [],
    what: "watching nodes and alert rules",
    round: createWatchRound(options),
  });
  return [sender, watcher];
}

/** The answer is always `false`: there is nothing to do before the next tick. */
export function createWatchRound(
  options: Pick<NotificationEnginesOptions, "context" | "readTraffic" | "nodeLostMs" | "onTrouble">,
): () => Promise<false> {
  const { context, readTraffic, nodeLostMs, onTrouble } = options;
  let slowAt = 0;
  let purgeAt = 0;
  return async () => {
    const now = context.now().getTime();
    await watchNodes(context, nodeLostMs);
    if (now >= slowAt) {
      await watchCertificates(context);
      await expireApprovals(context);
      slowAt = now + SLOW_EVERY_MS;
    }
    await evaluateAlerts(context, readTraffic, onTrouble);
    if (now >= purgeAt) {
      await purgeNotifications(context);
      purgeAt = now + PURGE_EVERY_MS;
    }
    return false;
  };
}
