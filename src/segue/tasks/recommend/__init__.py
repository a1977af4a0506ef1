"""Recommendation: what comes next, from logs of what people did."""
