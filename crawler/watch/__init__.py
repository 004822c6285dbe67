"""Floor 6: what a person sees: progress, summary, status, logs."""
