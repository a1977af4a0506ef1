"""How this processor computes it: tiles, vectors, LLVM IR, products, memory, threads, cache."""
