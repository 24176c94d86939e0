import type { ConfigProblem, DraftResource, FieldEdit, ResourceKind } from "./config-types.ts";

/** `saved`: the draft has this text. `waiting`: the server is away; it is tried again. `refused`: see `refusal`. */
export type SaveState = "saved" | "dirty" | "saving" | "waiting" | "conflict" | "refused";

export interface Theirs {
  /** Undefined: they removed it. */
  readonly yaml: string | undefined;
  readonly revision: number;
  readonly by: string | undefined;
}

export interface DraftSnapshot {
  readonly name: string;
  readonly text: string;
  readonly revision: number;
  readonly change: DraftResource["change"];
  readonly state: SaveState;
  readonly problems: readonly ConfigProblem[];
  /** Only in state `conflict`. */
  readonly theirs: Theirs | undefined;
  /** Only in state `refused`: what the server said. */
  readonly refusal: string | undefined;
}

/** What came of a put. */
export type PutOutcome =
  | { readonly ok: true; readonly resource: DraftResource }
  | { readonly ok: false; readonly reason: "conflict"; readonly theirs: Theirs }
  | { readonly ok: false; readonly reason: "away" }
  | { readonly ok: false; readonly reason: "refused"; readonly message: string };

export interface DraftSessionOptions {
  readonly kind: ResourceKind;
  readonly resource: DraftResource;
  /** Never rejects. */
  readonly put: (input: { name: string; yaml: string; expectedRevision: number }) => Promise<PutOutcome>;
  /** Checks a text that is not saved yet; undefined when the server is away. */
  readonly check: (name: string, yaml: string) => Promise<readonly ConfigProblem[] | undefined>;
  readonly applyEdits: (yaml: string, edits: readonly FieldEdit[]) => string;
  /** Keeps what is typed until the server has it; undefined for secrets, which must not lie about in a browser. */
  readonly backup: DraftBackup | undefined;
}

export interface DraftBackup {
  read(): { readonly text: string; readonly revision: number } | undefined;
  write(text: string, revision: number): void;
  clear(): void;
}

const SAVE_AFTER_MS = 700;
const CHECK_AFTER_MS = 250;
const RETRY_AFTER_MS = 2_000;

/**
 * The one draft behind form and YAML: every edit changes the text, the text is saved by itself, and nothing typed is lost:
 * not to a reload, a sign-out, a server that is away, or somebody else's change (both are then kept until one is chosen).
 */
export class DraftSession {
  readonly #options: DraftSessionOptions;
  readonly #listeners = new Set<() => void>();
  #snapshot: DraftSnapshot;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  #saving = false;
  #closed = false;

  constructor(options: DraftSessionOptions) {
    const { resource, backup } = options;
    this.#options = options;
    this.#snapshot = {
      name: resource.name,
      text: resource.yaml,
      revision: resource.revision,
      change: resource.change,
      state: "saved",
      problems: resource.problems,
      theirs: undefined,
      refusal: undefined,
    };
    const kept = backup?.read();
    if (!kept) return;
    if (kept.text === resource.yaml) backup?.clear();
    else if (kept.revision === resource.revision) this.setText(kept.text);
    else
      this.#set({
        text: kept.text,
        state: "conflict",
        theirs: { yaml: resource.yaml, revision: resource.revision, by: resource.updatedBy },
      });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): DraftSnapshot => this.#snapshot;

  setText(text: string): void {
    if (text === this.#snapshot.text) return;
    const inConflict = this.#snapshot.state === "conflict";
    this.#options.backup?.write(text, this.#snapshot.revision);
    this.#set({ text, state: inConflict ? "conflict" : "dirty", refusal: undefined });
    this.#checkSoon();
    if (!inConflict) this.#saveSoon(SAVE_AFTER_MS);
  }

  /** Applies a form's edits to the text; answers why it cannot, when the text is no YAML. */
  edit(edits: readonly FieldEdit[]): string | undefined {
    try {
      this.setText(this.#options.applyEdits(this.#snapshot.text, edits));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The server's copy, read again: taken over when nothing is typed here that it does not have. */
  serverHas(resource: DraftResource): void {
    const { state, revision } = this.#snapshot;
    if (state !== "saved" || this.#saving || resource.revision < revision) return;
    this.#take(resource);
  }

  /** Ends a conflict: `mine` overwrites what they did, `theirs` drops what was typed here. */
  resolve(choice: "mine" | "theirs"): void {
    const { theirs, text } = this.#snapshot;
    if (!theirs) return;
    if (choice === "theirs" && theirs.yaml !== undefined) {
      this.#options.backup?.clear();
      this.#set({ text: theirs.yaml, revision: theirs.revision, state: "saved", theirs: undefined });
      this.#checkSoon();
      return;
    }
    this.#options.backup?.write(text, theirs.revision);
    this.#set({ revision: theirs.revision, state: "dirty", theirs: undefined });
    this.#saveSoon(0);
  }

  /** Saves now what is not saved yet. */
  flush(): void {
    if (this.#snapshot.state === "dirty" || this.#snapshot.state === "waiting") this.#saveSoon(0);
  }

  /** The page goes away: what is not saved is sent now, and stays in the backup until it has arrived. */
  close(): void {
    this.flush();
    this.#closed = true;
    clearTimeout(this.#checkTimer);
    this.#listeners.clear();
  }

  #saveSoon(afterMs: number): void {
    clearTimeout(this.#saveTimer);
    if (afterMs === 0) void this.#save();
    else if (!this.#closed) this.#saveTimer = setTimeout(() => void this.#save(), afterMs);
  }

  async #save(): Promise<void> {
    if (this.#saving) return;
    const { name, text, revision } = this.#snapshot;
    this.#saving = true;
    this.#set({ state: "saving" });
    const outcome = await this.#options.put({ name, yaml: text, expectedRevision: revision });
    this.#saving = false;
    const typedMeanwhile = this.#snapshot.text !== text;
    if (outcome.ok) {
      if (!typedMeanwhile) {
        this.#options.backup?.clear();
        this.#take(outcome.resource);
        return;
      }
      const { resource } = outcome;
      this.#options.backup?.write(this.#snapshot.text, resource.revision);
      this.#set({
        name: resource.name,
        revision: resource.revision,
        change: resource.change,
        state: "dirty",
      });
      this.#saveSoon(SAVE_AFTER_MS);
    } else if (outcome.reason === "conflict") this.#set({ state: "conflict", theirs: outcome.theirs });
    else if (outcome.reason === "away") {
      this.#set({ state: "waiting" });
      this.#saveSoon(RETRY_AFTER_MS);
    } else {
      this.#set({ state: typedMeanwhile ? "dirty" : "refused", refusal: outcome.message });
      if (typedMeanwhile) this.#saveSoon(SAVE_AFTER_MS);
    }
  }

  #checkSoon(): void {
    clearTimeout(this.#checkTimer);
    if (!this.#closed) this.#checkTimer = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  async #check(): Promise<void> {
    const { name, text } = this.#snapshot;
    const problems = await this.#options.check(name, text);
    if (problems && this.#snapshot.text === text) this.#set({ problems });
  }

  #take(resource: DraftResource): void {
    this.#set({
      name: resource.name,
      text: resource.yaml,
      revision: resource.revision,
      change: resource.change,
      problems: resource.problems,
      state: "saved",
      theirs: undefined,
      refusal: undefined,
    });
  }

  #set(part: Partial<DraftSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}
