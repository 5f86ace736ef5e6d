"""Records: runs and contests on disk, and the recorded examples bundled with Sundew. No torch."""
