import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { clone, isFieldSet, type Message } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import {
  type DataSource,
  DataSourceSchema,
  type WatchedDirectory,
  WatchedDirectorySchema,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";

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
  const found: Found = { files: [], watched: [], problem: undefined };
  visit(reflect(SecretSchema, inlined), found);
  const directories = found.watched.length > 0 ? found.watched : found.files.map((file) => dirname(file));
  const watched = found.files.length === 0 ? [] : [...new Set(directories)];
  return { secret: inlined, directories: watched, problem: found.problem };
}

interface Found {
  readonly files: string[];
  readonly watched: string[];
  problem: string | undefined;
}

function visit(message: ReflectMessage, found: Found): void {
  if (message.desc.typeName === DataSourceSchema.typeName) {
    const source = asDataSource(message.message);
    if (source.watchedDirectory !== undefined) found.watched.push(source.watchedDirectory.path);
    if (source.specifier.case !== "filename") return;
    const file = source.specifier.value;
    found.files.push(file);
    try {
      source.specifier = { case: "inlineBytes", value: new Uint8Array(readFileSync(file)) };
    } catch (error) {
      found.problem ??= `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    return;
  }
  if (message.desc.typeName === WatchedDirectorySchema.typeName) {
    found.watched.push(asWatchedDirectory(message.message).path);
    return;
  }
  for (const field of message.fields) {
    if (!isFieldSet(message.message, field)) continue;
    if (field.fieldKind === "message") visitIfMessage(message.get(field), found);
    else if (field.fieldKind === "list") for (const item of message.get(field)) visitIfMessage(item, found);
    else if (field.fieldKind === "map")
      for (const value of message.get(field).values()) visitIfMessage(value, found);
  }
}

function visitIfMessage(value: unknown, found: Found): void {
  if (isReflectMessage(value)) visit(value, found);
}

/** The caller has compared the type's name. */
function asDataSource(message: Message): DataSource {
  return message as DataSource;
}
function asWatchedDirectory(message: Message): WatchedDirectory {
  return message as WatchedDirectory;
}
