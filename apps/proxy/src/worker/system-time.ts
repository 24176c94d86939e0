import type { Clock, Random, Timers } from "@sluice/extension-api";
import { PooledTimers } from "./pooled-timers.ts";
import { randomUuid } from "./uuid-source.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};

export const systemRandom: Random = {
  uint32: () => Math.floor(Math.random() * 0x1_0000_0000),
  uuid: randomUuid,
};

export const systemTimers: Timers = new PooledTimers(systemClock);
