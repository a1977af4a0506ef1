"""From an equation to its execution. This package knows no cell by name."""
