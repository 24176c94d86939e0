import { IconButton } from "../ui/button.tsx";

export function RemoveRow({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return <IconButton size="sm" icon="trash" label={label} onClick={onClick} className="mt-1" />;
}
