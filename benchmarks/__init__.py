"""Benchmarks: ratios to a floor or a peer that is measured in the same run. Run with `python -m benchmarks`."""
