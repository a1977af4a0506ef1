"""Language models: text, a unit at a time."""
