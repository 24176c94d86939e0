import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { clone } from "@bufbuild/protobuf";
import { DataSourceSchema, WatchedDirectorySchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { findMessages } from "../config-message/find-messages.ts";

export interface InlinedSecret {
  /** The secret with its files' contents in place of their names. */
  readonly secret: Secret;
  /** What to watch: `watched_directory`, or the directories of the files. */
  readonly directories: readonly string[];
  /** The first file that could not be read, and why. */
  readonly problem: string | undefined;
}

/** Reads a secret's files, all of them in one go. */
export function inlineFiles(secret: Secret): InlinedSecret {
  const inlined = clone(SecretSchema, secret);
  const files: string[] = [];
  let problem: string | undefined;
  for (const { message: source } of findMessages(SecretSchema, inlined, DataSourceSchema, HERE)) {
    if (source.specifier.case !== "filename") continue;
    const file = source.specifier.value;
    files.push(file);
    try {
      source.specifier = { case: "inlineBytes", value: new Uint8Array(readFileSync(file)) };
    } catch (error) {
      problem ??= `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  const watched = findMessages(SecretSchema, inlined, WatchedDirectorySchema, HERE);
  const directories =
    watched.length > 0 ? watched.map(({ message }) => message.path) : files.map((file) => dirname(file));
  return { secret: inlined, directories: files.length === 0 ? [] : [...new Set(directories)], problem };
}

const HERE = { withinExtensions: false };
