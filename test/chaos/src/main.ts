import { runChaos } from "./run-chaos.ts";

const seconds = Number(process.argv[2] ?? 20);
const apiType = process.argv[3] === "delta" ? "DELTA_GRPC" : "GRPC";
const { problems, summary, memory } = await runChaos({
  seconds,
  apiType,
  clients: 24,
  measuresMemory: true,
  onSecond: (line) => console.log(line),
});
console.log(summary);
console.log(memory);
console.log(problems.length === 0 ? "no problem" : problems.join("\n"));
