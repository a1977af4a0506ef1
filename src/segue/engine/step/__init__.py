"""What was written: the cell, its trace, the graph, and that rows are independent."""
