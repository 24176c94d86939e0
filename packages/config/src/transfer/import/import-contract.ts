import type { ResourceDiff, ResourceKind, ResourceProblem, ResourceRef } from "../../contract.ts";
import type { RouteTest } from "../../route-test/route-test.ts";

/**
 * What an import is read as. `envoy`: a bootstrap, a `resources:` list, a list of resources or one resource, YAML or JSON;
 * `config_dump`: what a running Envoy answers to `/config_dump`; `nginx`: its configuration; `csv`: a list of hosts;
 * `directory`: files as `sluice export --directory` writes them.
 */
export const IMPORT_FORMATS = ["envoy", "config_dump", "nginx", "csv", "directory"] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportFile {
  /** For positions; in a directory its path from there, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface ImportInput {
  /** One, or those of a directory. */
  readonly files: readonly ImportFile[];
  /** Default: told by the names and the content. */
  readonly format?: ImportFormat | undefined;
}

/** Why a part of what was given is not taken as it stands. */
export type ImportNoteKind =
  /** It has its place elsewhere (the node's own bootstrap), or no effect here. */
  | "ignored"
  /** It says something that could not be carried over; what depends on it was left out, or works without it. */
  | "not_understood"
  /** It was carried over, but means something slightly different. */
  | "differs"
  /** A secret's value is not in the file and must be put in by hand. */
  | "secret_missing";

export interface ImportNote {
  readonly kind: ImportNoteKind;
  /** Field path or directive. */
  readonly path: string;
  readonly reason: string;
  readonly position?: ImportPosition | undefined;
}

/** 1-based. */
export interface ImportPosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an import would do. Nothing is made until `applyImport` is told its `hash`. */
export interface ImportPreview {
  readonly format: ImportFormat;
  /** Names what was given and what the draft has of it: exactly this preview. */
  readonly hash: string;
  /** What is added to the draft or changed in it. */
  readonly changes: readonly ResourceDiff[];
  /** The draft has it already; differences in comments and spelling count in a directory only. */
  readonly unchanged: readonly ResourceRef[];
  /** Names of the route tests (of a directory) that are added or changed. */
  readonly routeTests: readonly string[];
  /** What was left, and what else to know; in the order of the files. */
  readonly ignored: readonly ImportNote[];
  /** Of the imported resources, as they would be in the draft. */
  readonly problems: readonly ResourceProblem[];
}

export interface FoundResource {
  readonly kind: ResourceKind;
  /** Where it stands in the file. */
  readonly path: string;
  readonly yaml: string;
  readonly position?: ImportPosition | undefined;
  /** The text is taken as it is, comments and all. */
  readonly exact?: boolean;
}

/** What a reader makes of files. */
export interface FoundContent {
  readonly resources: readonly FoundResource[];
  readonly notes: readonly ImportNote[];
  readonly routeTests?: readonly RouteTest[];
}
