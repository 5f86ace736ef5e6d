"""Figures of training samples."""
