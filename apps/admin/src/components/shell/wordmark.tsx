/** A gate in a channel: what a sluice is. */
export function Wordmark({ compact = false }: { readonly compact?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight text-ink">
      <svg aria-hidden="true" width="20" height="20" viewBox="0 0 20 20" fill="none">
        <rect width="20" height="20" rx="5" fill="var(--accent)" />
        <path
          d="M4 6.5h5.2M4 10h5.2M4 13.5h5.2"
          stroke="var(--on-accent)"
          strokeWidth="1.6"
          strokeLinecap="round"
        />
        <path d="M11.2 4v12" stroke="var(--on-accent)" strokeWidth="1.8" strokeLinecap="round" />
        <path d="M13.4 10H16" stroke="var(--on-accent)" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
      <span className={compact ? "sr-only" : "text-base"}>Sluice</span>
    </span>
  );
}
