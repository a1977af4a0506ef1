"""From an equation to its execution. This package knows no cell by name.

Its rooms follow the pipeline, and each imports only from those before it:

    step/  what was written: the cell, its trace, the graph, and that rows are independent
    plan/  what must be computed: derivative, split, normal form, phases, schedule; no processor
    cpu/   how this processor computes it: tiles, vectors, LLVM IR, products, memory, threads
    run/   who runs it: backends, `scan`, the operators of torch, segments, streams, precision

`laws` and `explain` stand on all of them.
"""
