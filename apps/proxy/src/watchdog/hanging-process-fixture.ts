// A process whose main thread is watched and then hangs.
import { create } from "@bufbuild/protobuf";
import { WatchdogsSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { systemRandom } from "../event/system-time.ts";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { compileStatsSettings } from "../stats/stats-settings.ts";
import { Watchdogs } from "./watchdogs.ts";

const settings = compileStatsSettings(undefined, "stats_config");
if (!settings.ok) throw new Error("no stats");
const stats = new StatsRegistry(settings.value);
const watchdogs = Watchdogs.compile(
  create(WatchdogsSchema, { mainThreadWatchdog: { killTimeout: { nanos: 400_000_000 } } }),
  "watchdogs",
  { concurrency: 1, stats: stats.root(), random: systemRandom, onRead: (refresh) => stats.onRead(refresh) },
);
if (!watchdogs.ok) throw new Error("refused");
process.once("worker", (guard) => {
  guard.once("online", () => {
    for (;;);
  });
});
watchdogs.value.start();
// The guard alone keeps no process alive.
setInterval(() => {}, 1000);
