import type { HostSpec } from "../cluster-config.ts";
import type { HealthCheckConfig } from "./health-check-config.ts";
import type { CheckedHost, HealthCheckSession } from "./health-check-session.ts";
import type { HealthEvent } from "./health-event.ts";
import { HealthFlag } from "./health-flag.ts";

/** What each check says for itself; the others are the host's. */
const OF_CHECK = HealthFlag.FailedActiveHc | HealthFlag.DegradedActiveHc | HealthFlag.PendingActiveHc;

/**
 * A host and what is known of its health. With several checks it has failed where one of them has, is degraded where one calls it
 * so, and is waited for until each of them has had its first answer.
 */
export class CheckedMember {
  host: HostSpec;
  flags: number;
  readonly sessions: HealthCheckSession[] = [];
  /** Every check has been done once. */
  checked: boolean;
  readonly #views: MemberView[] = [];
  /** What of `OF_CHECK` was told last. */
  #told = 0;

  readonly #predecessor: CheckedMember | undefined;

  /** `predecessor`: it was checked in the same way, so that its health is this one's until that has been checked. */
  constructor(host: HostSpec, flags: number, predecessor?: CheckedMember) {
    this.host = host;
    this.flags = flags | ((predecessor?.flags ?? 0) & HealthFlag.ActiveHcTimeout);
    this.checked = predecessor?.checked ?? false;
    this.#predecessor = predecessor;
  }

  /** How one more check sees the host. `onChecked`: the host's own flags are others (`changed`), or were looked at again. */
  view(
    check: HealthCheckConfig,
    hooks: {
      onChecked(changed: boolean): void;
      log(check: HealthCheckConfig, event: HealthEvent): void;
    },
  ): CheckedHost {
    const view = new MemberView(this, {
      onChecked: () => {
        const flags = this.flags & OF_CHECK;
        const waits = (flags & HealthFlag.PendingActiveHc) !== 0;
        if (waits) return;
        this.checked = true;
        const changed = flags !== this.#told;
        this.#told = flags;
        hooks.onChecked(changed);
      },
      log: (event) => hooks.log(check, event),
    });
    const predecessor = this.#predecessor;
    if (predecessor !== undefined) view.own = predecessor.#views[this.#views.length]?.own ?? view.own;
    this.#views.push(view);
    this.refresh();
    this.#told = this.flags & OF_CHECK;
    return view;
  }

  refresh(): void {
    this.flags = this.#views.reduce((flags, { own }) => flags | own, this.flags & ~OF_CHECK);
  }

  stop(): void {
    for (const session of this.sessions) session.stop();
  }
}

/** A member as one of its checks sees it. */
class MemberView implements CheckedHost {
  own: number = HealthFlag.FailedActiveHc | HealthFlag.PendingActiveHc;
  readonly onChecked: () => void;
  readonly log: (event: HealthEvent) => void;
  readonly #member: CheckedMember;

  constructor(member: CheckedMember, hooks: Pick<CheckedHost, "onChecked" | "log">) {
    this.#member = member;
    this.onChecked = () => hooks.onChecked();
    this.log = (event) => hooks.log(event);
  }

  get flags(): number {
    return (this.#member.flags & ~OF_CHECK) | this.own;
  }
  set flags(flags: number) {
    this.own = flags & OF_CHECK;
    this.#member.flags = flags & ~OF_CHECK;
    this.#member.refresh();
  }
}
