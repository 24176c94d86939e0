export interface ConnectionPaceOptions {
  /** Connections that one address may make at once; a whole fleet behind one address comes back like that. */
  readonly burst: number;
  /** And then each second. */
  readonly perSecond: number;
  /** Such as wait for their turn; further ones are ended. */
  readonly waitingMax: number;
}

interface AddressRecord {
  tokens: number;
  atMs: number;
}

const ADDRESSES_MAX = 10_000;

/** How fast one address may connect: a TLS handshake costs more than anything else that a stranger can ask for. */
export class ConnectionPace {
  readonly #options: ConnectionPaceOptions;
  readonly #addresses = new Map<string, AddressRecord>();

  constructor(options: ConnectionPaceOptions) {
    this.#options = options;
  }

  /** Milliseconds that a new connection has to wait before it is looked at; undefined: it is not taken. */
  take(address: string, nowMs: number): number | undefined {
    const { burst, perSecond, waitingMax } = this.#options;
    let record = this.#addresses.get(address);
    if (record === undefined) {
      record = { tokens: burst, atMs: nowMs };
      this.#addresses.set(address, record);
      if (this.#addresses.size > ADDRESSES_MAX) this.#forgetFull(nowMs);
    }
    record.tokens = Math.min(burst, record.tokens + ((nowMs - record.atMs) / 1000) * perSecond);
    record.atMs = nowMs;
    if (record.tokens - 1 < -waitingMax) return undefined;
    record.tokens--;
    return record.tokens >= 0 ? 0 : (-record.tokens / perSecond) * 1000;
  }

  #forgetFull(nowMs: number): void {
    const { burst, perSecond } = this.#options;
    for (const [address, { tokens, atMs }] of this.#addresses) {
      if (tokens + ((nowMs - atMs) / 1000) * perSecond >= burst) this.#addresses.delete(address);
    }
  }
}
