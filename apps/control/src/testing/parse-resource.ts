import { type DescMessage, type Message, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { parseYaml } from "@sluice/xds";

/** A test's own YAML as a message. */
export function parseResource<Desc extends DescMessage>(yaml: string, type: Desc): MessageShape<Desc> {
  const { message, problems } = parseYaml(yaml, type);
  if (message === undefined) throw new Error(problems.map((problem) => problem.message).join("; "));
  return message;
}

export function encodeResource<Desc extends DescMessage>(yaml: string, type: Desc): Uint8Array {
  return toBinary(type, parseResource(yaml, type) as MessageShape<Desc> & Message);
}
