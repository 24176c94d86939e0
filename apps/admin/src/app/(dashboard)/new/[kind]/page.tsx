import { NewResource } from "../../../../components/resource/new-resource.tsx";
import { resourceKind } from "../../[kind]/resource-kind.ts";

export default async function NewResourcePage({ params }: { params: Promise<{ kind: string }> }) {
  return <NewResource kind={resourceKind((await params).kind)} />;
}
