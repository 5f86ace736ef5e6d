"""Figures: a run's numbers in, Plotly figures out. No streamlit, no torch; the same events give the same figure."""
