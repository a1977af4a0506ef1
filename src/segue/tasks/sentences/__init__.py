"""Tagged sentences: what every task on them reads, compares itself with, scores and shows."""
