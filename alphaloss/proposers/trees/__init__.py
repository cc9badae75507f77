"""Expression trees: how they are generated, varied, and written as losses."""
