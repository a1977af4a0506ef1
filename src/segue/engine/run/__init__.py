"""Who runs it: backends, `scan`, the operators of torch, segments, streams, precision."""
