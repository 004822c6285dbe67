"""Floor 5: what a person sees: progress, summary, status, logs."""
