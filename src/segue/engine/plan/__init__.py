"""What must be computed: derivative, split, normal form, phases, schedule; no processor."""
