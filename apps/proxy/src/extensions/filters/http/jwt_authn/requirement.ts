import { type AuthenticatedRequest, Authentication, type AuthenticationRule } from "./authentication.ts";
import type { JwtStatus } from "./jwt-status.ts";

/** `JwtRequirement`, compiled: what a request must bring. */
export type Requirement =
  | { readonly kind: "nothing" }
  | { readonly kind: "tokens"; readonly rule: AuthenticationRule }
  | {
      readonly kind: "any";
      readonly parts: readonly Requirement[];
      /** What stands in for an outcome that is not good. */
      readonly allowsFailed: boolean;
      readonly allowsMissing: boolean;
    }
  | { readonly kind: "all"; readonly parts: readonly Requirement[] };

/** One request's way through its requirement. */
export class RequirementCheck {
  readonly #request: AuthenticatedRequest;
  readonly #onDone: (status: JwtStatus) => void;
  readonly #running = new Set<Authentication>();
  #over = false;

  /** `onDone` is told once, also before `start` returns; not after `cancel`. */
  constructor(request: AuthenticatedRequest, onDone: (status: JwtStatus) => void) {
    this.#request = request;
    this.#onDone = onDone;
  }

  start(requirement: Requirement): void {
    this.#check(requirement, (status) => {
      if (this.#over) return;
      this.cancel();
      this.#onDone(status);
    });
  }

  /** What still runs is of no more interest. */
  cancel(): void {
    this.#over = true;
    for (const one of this.#running) one.cancel();
    this.#running.clear();
  }

  #check(requirement: Requirement, done: (status: JwtStatus) => void): void {
    switch (requirement.kind) {
      case "nothing":
        done("Ok");
        return;
      case "tokens": {
        const authentication = new Authentication(requirement.rule, this.#request, (status) => {
          this.#running.delete(authentication);
          done(status);
        });
        this.#running.add(authentication);
        authentication.start();
        return;
      }
      case "any":
        this.#checkAny(requirement, done);
        return;
      case "all":
        this.#checkAll(requirement.parts, done);
    }
  }

  #checkAny(requirement: Requirement & { kind: "any" }, done: (status: JwtStatus) => void): void {
    const { parts, allowsFailed, allowsMissing } = requirement;
    const outcomes = new Array<JwtStatus>(parts.length).fill("JwtMissed");
    let completed = 0;
    let over = false;
    const settle = (status: JwtStatus): void => {
      over = true;
      done(status);
    };
    for (const [i, part] of parts.entries()) {
      if (over || this.#over) return;
      this.#check(part, (status) => {
        if (over) return;
        if (status === "Ok") {
          settle("Ok");
          return;
        }
        outcomes[i] = status;
        if (++completed < parts.length) return;
        const worst = outcomes.reduce(preferred, "JwtMissed");
        settle(allowsFailed || (allowsMissing && worst === "JwtMissed") ? "Ok" : worst);
      });
    }
  }

  #checkAll(parts: readonly Requirement[], done: (status: JwtStatus) => void): void {
    let completed = 0;
    let over = false;
    for (const part of parts) {
      if (over || this.#over) return;
      this.#check(part, (status) => {
        if (over) return;
        if (status === "Ok" && ++completed < parts.length) return;
        over = true;
        done(status);
      });
    }
  }
}

/** Failures of tokens that were there say more than an issuer that is unknown, and that more than a token that is missing. */
function preferred(chosen: JwtStatus, next: JwtStatus): JwtStatus {
  const telling = next !== "JwtMissed" && next !== "JwtUnknownIssuer";
  return telling || chosen === "JwtMissed" ? next : chosen;
}
