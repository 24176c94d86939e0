/**
 * One read for all browsers that look at the same thing: callers within `maxAgeMs` of a read's start get its answer. A read
 * that failed is not kept.
 */
export interface SharedReads {
  read<Value>(key: string, maxAgeMs: number, read: () => Promise<Value>): Promise<Value>;
}

const ENTRIES_MAX = 200;

export function createSharedReads(now: () => number = () => performance.now()): SharedReads {
  const entries = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  return {
    read<Value>(key: string, maxAgeMs: number, read: () => Promise<Value>): Promise<Value> {
      const present = entries.get(key);
      if (present !== undefined && now() - present.at < maxAgeMs) return present.answer as Promise<Value>;
      const answer = read();
      const entry = { at: now(), answer };
      entries.delete(key);
      entries.set(key, entry);
      answer.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      for (const oldest of entries.keys()) {
        if (entries.size <= ENTRIES_MAX) break;
        entries.delete(oldest);
      }
      return answer;
    },
  };
}

/** Of this process. Keys begin with the name of the question. */
export const sharedReads: SharedReads = createSharedReads();
