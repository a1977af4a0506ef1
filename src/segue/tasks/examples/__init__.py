"""Labelled examples: texts, series, vectors and images, from whatever people keep them in."""
