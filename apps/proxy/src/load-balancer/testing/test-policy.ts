import assert from "node:assert/strict";
import { type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import type { Timer } from "@sluice/extension-api";
import { apiRegistry, messageDescriptor } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { compileLoadBalancer } from "../../cluster/compile-load-balancer.ts";
import type { LoadBalancerContext } from "../../cluster/thread-local-cluster.ts";
import { standardExtensions } from "../../extensions/standard.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { ReadableStats } from "../../stats/testing/readable-stats.ts";
import {
  type AssignmentPolicy,
  buildHostSets,
  DEFAULT_ASSIGNMENT_POLICY,
  type HostSet,
} from "../host-set.ts";
import type { LoadBalancer, LoadBalancerConfig, PolicyContext } from "../load-balancer.ts";
import { createLoadBalancerStats } from "../load-balancer-stats.ts";
import { seededRandom, type TestHost } from "./test-host.ts";

const extensions = standardExtensions();

export interface TestPolicy {
  readonly balancer: LoadBalancer;
  readonly runtime: RuntimeSnapshot;
  /** Moves on by `ms`; timers that are due run. */
  advance(ms: number): void;
  /** Gives it hosts, as at an update. */
  update(hosts: readonly TestHost[], more?: UpdateOptions): void;
  /** Addresses of `picks` picks ("none" where there is none), counted. */
  tally(picks: number, context: LoadBalancerContext): Map<string, number>;
  /** A stat of `cluster.test.` */
  stat(name: string): number;
}

export interface UpdateOptions {
  readonly policy?: Partial<AssignmentPolicy>;
  readonly locality?: string;
  readonly local?: HostSet;
}

/** Compiles a Cluster (proto JSON, without a name) and makes its load balancer, as a worker does. */
export function createTestPolicy(cluster: Record<string, JsonValue>, seed = 1): TestPolicy {
  const message = fromJson(ClusterSchema, { name: "test", ...cluster }, { registry: apiRegistry() });
  const problems: Parameters<typeof compileLoadBalancer>[2] = [];
  const { policy } = compileLoadBalancer(message, extensions, problems);
  assert.deepEqual(problems, []);
  const stats = new ReadableStats();
  const scope = stats.root().scope("cluster").scope("test");
  const runtime = new RuntimeSnapshot();
  let now = 1000;
  const armed = new Map<Timer, { readonly at: number; readonly run: () => void }>();
  const context: PolicyContext = {
    stats: createLoadBalancerStats(scope),
    scope,
    workerIndex: 0,
    random: seededRandom(seed),
    clock: { nowMs: () => now, wallMs: () => now },
    timers: {
      create(run) {
        const timer: Timer = {
          arm: (delayMs) => void armed.set(timer, { at: now + delayMs, run }),
          disarm: () => void armed.delete(timer),
          get armed() {
            return armed.has(timer);
          },
        };
        return timer;
      },
    },
    runtime,
    panicThreshold: Math.round(message.commonLbConfig?.healthyPanicThreshold?.value ?? 50),
    byLocality: false,
    createNested: (nested, byLocality) => create(nested, byLocality),
  };
  const create = (given: LoadBalancerConfig, byLocality = false): LoadBalancer => {
    const found = extensions.find("envoy.load_balancing_policies", given.type);
    assert.ok(found);
    // As when it crosses to a worker.
    return found.factory.create(structuredClone(given.config), { ...context, byLocality });
  };
  const balancer = create(policy);
  return {
    balancer,
    runtime,
    advance(ms) {
      now += ms;
      for (const [timer, { at, run }] of [...armed]) {
        if (at > now) continue;
        armed.delete(timer);
        run();
      }
    },
    update(hosts, more = {}) {
      const policy = { ...DEFAULT_ASSIGNMENT_POLICY, ...more.policy };
      balancer.update(buildHostSets(hosts, policy, more.locality ?? "none"), more.local);
    },
    tally(picks, request) {
      const counts = new Map<string, number>();
      for (let pick = 0; pick < picks; pick++) {
        const chosen = balancer.choose(request)?.address ?? "none";
        counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
      }
      return counts;
    },
    stat: (name) => stats.value(`cluster.test.${name}`),
  };
}

/** `load_balancing_policy` with one policy: its folder's name and its configuration. */
export function policyJson(name: string, config: Record<string, JsonValue> = {}): JsonValue {
  const message = name.replace(/(^|_)([a-z])/g, (_all, _start, letter: string) => letter.toUpperCase());
  const type = `envoy.extensions.load_balancing_policies.${name}.v3.${message}`;
  assert.ok(messageDescriptor(type) satisfies DescMessage);
  return {
    policies: [
      {
        typedExtensionConfig: {
          name: `envoy.load_balancing_policies.${name}`,
          typedConfig: { "@type": `type.googleapis.com/${type}`, ...config },
        },
      },
    ],
  };
}

/** What the policy is refused for, one problem a line; "" when it is taken. */
export function refusalOfPolicy(cluster: Record<string, JsonValue>): string {
  const problems: Parameters<typeof compileLoadBalancer>[2] = [];
  const message = fromJson(ClusterSchema, { name: "test", ...cluster }, { registry: apiRegistry() });
  compileLoadBalancer(message, extensions, problems);
  return problems.map(({ path, message: text }) => `${path}: ${text}`).join("\n");
}
