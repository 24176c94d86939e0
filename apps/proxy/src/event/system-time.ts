import type { Clock, Random } from "@sluice/extension-api";
import { TimerQueue } from "./timer-queue.ts";
import { currentTurn } from "./turn.ts";
import { randomUuid } from "./uuid-source.ts";

/** Reads the time once in a turn, as all that a request does within one asks for it a dozen times. */
class TurnClock implements Clock {
  private nowTurn = 0;
  private now = 0;
  private wallTurn = 0;
  private wall = 0;

  nowMs(): number {
    const turn = currentTurn();
    if (turn === 0) return performance.now();
    if (turn !== this.nowTurn) {
      this.nowTurn = turn;
      this.now = performance.now();
    }
    return this.now;
  }

  wallMs(): number {
    const turn = currentTurn();
    if (turn === 0) return Date.now();
    if (turn !== this.wallTurn) {
      this.wallTurn = turn;
      this.wall = Date.now();
    }
    return this.wall;
  }
}

export const systemClock: Clock = new TurnClock();

export const systemRandom: Random = {
  uint32: () => Math.floor(Math.random() * 0x1_0000_0000),
  uuid: randomUuid,
};

export const systemTimers: TimerQueue = new TimerQueue(systemClock);
