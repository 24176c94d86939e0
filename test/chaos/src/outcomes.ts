/** Counts what went well and keeps what did not. */
export class Outcomes {
  readonly counts = new Map<string, number>();
  readonly failures: string[] = [];
  failed = 0;

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  fail(kind: string, id: string, problem: string, startedAt: number): void {
    this.failed++;
    this.count(`${kind}: FAILED`);
    const tookMs = Math.round(performance.now() - startedAt);
    const at = new Date().toISOString().slice(11, 23);
    if (this.failures.length < 200) this.failures.push(`${at} ${kind} ${id} after ${tookMs} ms: ${problem}`);
  }

  summary(): string {
    return [...this.counts]
      .sort()
      .map(([name, count]) => `${name} ${count}`)
      .join("\n");
  }
}
