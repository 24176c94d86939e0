/**
 * Preloaded into every child: when the appliance dies without saying so (kill -9), the channel to it closes and the child
 * ends itself the clean way. So no start ever finds leftovers of an earlier one.
 */
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.channel !== undefined) {
  process.channel.unref();
  process.on("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 15_000).unref();
  });
}
