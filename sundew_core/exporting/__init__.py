"""Exporting: a run's record as files for other programs and papers. Events in, text or bytes out; no torch on import.

files        every file that a run can be written as
tables       events as JSON lines, epochs as CSV and Parquet
tensorboard  the same numbers as an event file of TensorBoard
words        a run in words: its command line, a snippet for a README, an entry for BibTeX
bundle       one archive with everything needed to repeat the run
printing     figures and pages as PNG and SVG, by a browser
kaggle       a run as one Python file or notebook, whose main part is `kaggle_main`
"""
