"""What a loss is: the graph, the operation table, and every language that a graph is turned into."""
