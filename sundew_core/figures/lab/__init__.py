"""Figures of the gate lab."""
