"""Figures and diagram of the architecture flow."""
