import { create } from "@bufbuild/protobuf";
import {
  type ResourceError,
  ResourceErrorSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { ResourceFailure, SnapshotType } from "../snapshot-source.ts";
import type { Subscription } from "./subscription.ts";

/** Which failures a client was told of (`resource_errors`): each once, and again when it changes. */
export class ToldErrors {
  private readonly told = new Map<string, ResourceFailure>();

  isDue(section: SnapshotType, subscription: Subscription): boolean {
    return this.due(section, subscription).next().done !== true;
  }

  /** Those that are due; they count as told. */
  take(section: SnapshotType, subscription: Subscription): ResourceError[] {
    const errors: ResourceError[] = [];
    for (const [name, failure] of this.due(section, subscription)) {
      this.told.set(name, failure);
      const { code, message } = failure;
      errors.push(create(ResourceErrorSchema, { resourceName: { name }, errorDetail: { code, message } }));
    }
    for (const name of this.told.keys()) {
      if (section.errors?.has(name) !== true || !subscription.names.has(name)) this.told.delete(name);
    }
    return errors;
  }

  private *due(section: SnapshotType, subscription: Subscription): Generator<[string, ResourceFailure]> {
    for (const [name, failure] of section.errors ?? []) {
      const before = this.told.get(name);
      const same = before?.code === failure.code && before.message === failure.message;
      if (subscription.names.has(name) && !same) yield [name, failure];
    }
  }
}
