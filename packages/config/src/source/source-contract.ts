import type { ResourceDiff, ResourceProblem } from "../contract.ts";
import type { ImportNote } from "../transfer/import/import-contract.ts";

export type SourceKind = "directory" | "git";

/**
 * Who is right where the source and the dashboard differ. `source`: its resources are changed there only, edits here are refused.
 * `ui`: edits here stand, what differs is only shown.
 */
export type SourceWinner = "source" | "ui";

/** Whether a new commit is taken and published by itself. */
export type SourceApply = "automatic" | "manual";

/**
 * `new`: never looked at. `in_sync`: the draft is what the source says. `pending`: a commit waits for somebody. `waiting`: what was
 * published waits for approval. `blocked`: it could not be applied, or was not approved, the message says why. `failed`: it could not be fetched or read.
 */
export type SourcePhase = "new" | "in_sync" | "pending" | "waiting" | "blocked" | "failed";

export interface SourceSettings {
  /** Lower case, digits and dashes. */
  readonly name: string;
  readonly kind: SourceKind;
  /** A directory below `SLUICE_SOURCES_DIR`, or the repository's address: `https:`, `ssh:` or `file:`. */
  readonly location: string;
  /** Of a repository: branch, tag or commit; default `HEAD`, its default branch. */
  readonly ref?: string | undefined;
  /** Folder in it; default the whole. */
  readonly path?: string | undefined;
  readonly winner: SourceWinner;
  readonly apply: SourceApply;
  /** Whose nodes get what is published; default: the default group. */
  readonly group?: string | undefined;
  /** Between two looks; default 60 s, at least 10 s. */
  readonly intervalMs?: number | undefined;
}

/** Stored sealed, never shown again. */
export interface SourceCredentials {
  /** For `https:`; a token goes as password. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** For `ssh:`, in OpenSSH's or PEM format. */
  readonly privateKey?: string | undefined;
  /** For `ssh:`: the server's keys, as in `known_hosts`. Without them no server is trusted. */
  readonly knownHosts?: string | undefined;
}

export interface SourceState extends Required<Omit<SourceSettings, "ref" | "path">> {
  readonly ref: string;
  readonly path: string;
  readonly hasCredentials: boolean;
  readonly hasWebhook: boolean;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly nextCheckAt: Date;
  readonly checkedAt: Date | undefined;
  readonly commit: string | undefined;
  readonly commitSubject: string | undefined;
  readonly appliedCommit: string | undefined;
  readonly appliedAt: Date | undefined;
  readonly appliedVersion: number | undefined;
  readonly phase: SourcePhase;
  readonly message: string;
  /** Resources of the draft that came from it. */
  readonly resources: number;
}

/** The source against the draft and against what is live. */
export interface SourcePlan {
  readonly commit: string;
  readonly commitSubject: string;
  /** What applying it does to the draft; removed: came from this source and is no longer in it. */
  readonly changes: readonly ResourceDiff[];
  readonly routeTests: readonly string[];
  readonly unchanged: number;
  /** What is live differs from the source in: before is live, after the source. */
  readonly drift: readonly ResourceDiff[];
  readonly ignored: readonly ImportNote[];
  readonly problems: readonly ResourceProblem[];
}

/** What was fetched. */
export interface SourceContent {
  /** A commit's hash; of a directory, its content's. */
  readonly commit: string;
  readonly subject: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}
