"""Register-level models of on-chip peripherals, reusable between chips that share the design."""
