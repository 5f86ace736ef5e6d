"""Records: runs and contests on disk, and the recorded examples that the package contains. No torch."""
