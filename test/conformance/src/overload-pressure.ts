import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@sluice/harness";
import type { Target } from "./conformance-case.ts";

export const INJECTED = "envoy.resource_monitors.injected_resource";
export const MONITORS = "type.googleapis.com/envoy.extensions.resource_monitors";

/** An overload manager whose pressure is what the file `pressure` says. */
export function overloaded(actions: string): string {
  return `overload_manager:
  refresh_interval: 0.05s
  resource_monitors:
    - name: ${INJECTED}
      typed_config: { "@type": ${MONITORS}.injected_resource.v3.InjectedResourceConfig, filename: "{{dir}}/pressure" }
  actions:
${actions}`;
}

export const action = (name: string, trigger: string): string =>
  `    - { name: envoy.overload_actions.${name}, triggers: [{ name: ${INJECTED}, ${trigger} }] }`;
export const ABOVE_HALF = "threshold: { value: 0.5 }";

/** Waits until the proxy shows the state of an action. */
export async function shows({ proxy }: Target, name: string, value: number): Promise<void> {
  await waitFor(
    `${name} is ${value}`,
    async () => (await proxy.stats()).get(`overload.envoy.overload_actions.${name}`) === value,
    { deadlineMs: 20_000, intervalMs: 50 },
  );
}

/** Written as a whole, since both look at the file at any time. */
export async function press({ proxy }: Target, value: string): Promise<void> {
  await writeFile(join(proxy.dir, "next"), value);
  await rename(join(proxy.dir, "next"), join(proxy.dir, "pressure"));
}

/** An overload manager that sheds load at these points above half of the pressure. */
export function shedding(...points: readonly string[]): string {
  const lines = points.map(
    (point) =>
      `    - { name: envoy.load_shed_points.${point}, triggers: [{ name: ${INJECTED}, ${ABOVE_HALF} }] }`,
  );
  return `${overloaded("").replace("  actions:\n", "")}  loadshed_points:\n${lines.join("\n")}`;
}

/** Gives the file another pressure and waits until the proxy sheds all (or nothing) at `point`. */
export async function pressPoint(target: Target, value: string, point: string): Promise<void> {
  await press(target, value);
  const scale = `overload.envoy.load_shed_points.${point}.scale_percent`;
  const wanted = Number(value) >= 0.5 ? 100 : 0;
  await waitFor(`${point} at ${wanted}`, async () => (await target.proxy.stats()).get(scale) === wanted, {
    deadlineMs: 20_000,
    intervalMs: 50,
  });
}
