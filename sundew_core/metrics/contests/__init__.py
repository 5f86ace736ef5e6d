"""Metrics of races and benches."""
