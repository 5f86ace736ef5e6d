"""Figures of several runs."""
