import { ResourceDetail } from "../../../../components/resource/resource-detail.tsx";
import { resourceKind } from "../resource-kind.ts";

type Params = Promise<{ kind: string; name: string }>;

export async function generateMetadata({ params }: { params: Params }) {
  return { title: decodeURIComponent((await params).name) };
}

export default async function ResourcePage({ params }: { params: Params }) {
  const { kind, name } = await params;
  return <ResourceDetail kind={resourceKind(kind)} name={decodeURIComponent(name)} />;
}
