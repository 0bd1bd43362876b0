"""What Folkmoot costs: a load generator, a server of its own, and a table (docs/benchmarks.md)."""
