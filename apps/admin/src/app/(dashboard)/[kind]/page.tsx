import { ResourceList } from "../../../components/resource/resource-list.tsx";
import { resourceKind } from "./resource-kind.ts";

export async function generateMetadata({ params }: { params: Promise<{ kind: string }> }) {
  const { kind } = await params;
  return { title: `${kind.charAt(0).toUpperCase()}${kind.slice(1)}` };
}

export default async function ResourceListPage({ params }: { params: Promise<{ kind: string }> }) {
  return <ResourceList kind={resourceKind((await params).kind)} />;
}
