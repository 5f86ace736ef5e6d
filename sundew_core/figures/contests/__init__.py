"""Figures of races and benches."""
