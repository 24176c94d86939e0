import type { NodeIdentity, SnapshotSource, XdsServerObserver, XdsStreamInfo } from "../snapshot-source.ts";
import { RequestPace } from "./request-pace.ts";
import type { RestAnswer } from "./rest-answer.ts";
import type { Refusal, StreamStatus, TypeStatus } from "./stream-status.ts";

/** A node that did not ask for so long is not connected; Envoy's `refresh_delay` is seconds. */
const IDLE_MS = 90_000;
const SESSIONS_MAX = 20_000;

/**
 * Polling nodes as if each had a stream: what they were sent, and by what they ask next, whether they took it. A node that asks
 * again with the version that it had refused what it was sent; REST has no words for it.
 */
export class RestSessions {
  private readonly observer: XdsServerObserver;
  private readonly nextId: () => number;
  private readonly sessions = new Map<string, Session>();

  constructor(observer: XdsServerObserver, nextId: () => number) {
    this.observer = observer;
    this.nextId = nextId;
  }

  of(node: NodeIdentity, peer: string, typeUrl: string): TypeSession {
    let session = this.sessions.get(node.id);
    if (session === undefined) {
      const oldest = this.sessions.size >= SESSIONS_MAX ? this.sessions.values().next() : undefined;
      if (oldest?.done === false) this.end(oldest.value, "too many polling nodes");
      const info = { id: this.nextId(), node, variant: "rest" as const, peer };
      session = { info, types: new Map(), timer: undefined, pace: new RequestPace() };
      this.sessions.set(node.id, session);
      this.observer.onStreamOpened(info);
    }
    clearTimeout(session.timer);
    const asked = session;
    session.timer = setTimeout(() => this.end(asked, "no request any more"), IDLE_MS);
    session.timer.unref();
    let type = session.types.get(typeUrl);
    if (type === undefined) {
      type = new TypeSession(session.info, typeUrl, this.observer);
      session.types.set(typeUrl, type);
    }
    return type;
  }

  /** Milliseconds that the next answer to the node has to wait: it asks faster than a node may. */
  delayOf(node: NodeIdentity): number {
    return this.sessions.get(node.id)?.pace.take(performance.now()) ?? 0;
  }

  streams(): XdsStreamInfo[] {
    return [...this.sessions.values()].map(({ info }) => info);
  }

  status(source: SnapshotSource): StreamStatus[] {
    return [...this.sessions.values()].map(({ info, types }) => {
      const snapshot = source.snapshotFor(info.node);
      const status = [...types.values()].map((type) =>
        type.status(snapshot?.types.get(type.typeUrl)?.version ?? ""),
      );
      return { stream: info, types: status };
    });
  }

  close(): void {
    for (const session of this.sessions.values()) this.end(session, "the control plane stops");
  }

  private end(session: Session, reason: string): void {
    clearTimeout(session.timer);
    this.sessions.delete(session.info.node.id);
    this.observer.onStreamClosed(session.info, reason);
  }
}

interface Session {
  readonly info: XdsStreamInfo;
  readonly types: Map<string, TypeSession>;
  timer: NodeJS.Timeout | undefined;
  readonly pace: RequestPace;
}

/** By one set of names; Envoy polls for each resource apart, except listeners and clusters. */
interface Poll {
  readonly answer: RestAnswer;
  readonly at: Date;
  acknowledged: boolean;
}

const POLLS_MAX = 10_000;

/** One type of one polling node. */
export class TypeSession {
  readonly typeUrl: string;
  private readonly info: XdsStreamInfo;
  private readonly observer: XdsServerObserver;
  private readonly polls = new Map<string, Poll>();
  private refusal: Refusal | undefined;

  constructor(info: XdsStreamInfo, typeUrl: string, observer: XdsServerObserver) {
    this.info = info;
    this.typeUrl = typeUrl;
    this.observer = observer;
  }

  /** The node asks, and says what it has. */
  asked(version: string, names: readonly string[]): void {
    const poll = this.polls.get(names.join("\n"));
    if (poll === undefined || poll.acknowledged) return;
    const sent = poll.answer.section?.version ?? "";
    if (version === poll.answer.version) {
      poll.acknowledged = true;
      this.refusal = undefined;
      this.observer.onAck(this.info, this.typeUrl, sent);
    } else {
      const message = "the node asks again with the version it had before (REST carries no reason)";
      this.refusal = { version: sent, message, at: new Date() };
      this.observer.onNack(this.info, this.typeUrl, sent, message);
    }
  }

  answered(answer: RestAnswer, asked: readonly string[]): void {
    const key = asked.join("\n");
    const { section } = answer;
    if (section === undefined) return;
    if (answer.status === 304) {
      const before = this.polls.get(key)?.answer.section?.version;
      this.polls.set(key, { answer, at: new Date(), acknowledged: true });
      if (before !== section.version) this.observer.onUnchanged?.(this.info, this.typeUrl, section.version);
      return;
    }
    if (this.polls.size >= POLLS_MAX) this.polls.clear();
    this.polls.set(key, { answer, at: new Date(), acknowledged: false });
    const names = answer.resources.map(({ name }) => name);
    this.observer.onSent(this.info, this.typeUrl, section.version, names, []);
  }

  status(current: string): TypeStatus {
    const polls = [...this.polls.values()];
    const versions = polls.map(({ answer }) => answer.section?.version ?? "");
    const isAwaited = polls.some(({ acknowledged }) => !acknowledged);
    return {
      typeUrl: this.typeUrl,
      version: versions.at(-1) ?? "",
      isCurrent: versions.length > 0 && versions.every((version) => version === current),
      answer: this.refusal !== undefined ? "refused" : isAwaited ? "awaited" : "acknowledged",
      refusal: this.refusal,
      at: this.refusal?.at ?? polls.at(-1)?.at,
      resources: polls.flatMap(({ answer }) => answer.resources),
      missing: [],
    };
  }
}
