"""What tasks on sessions of events share: how they are divided, baselines, measures."""
