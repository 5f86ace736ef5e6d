"""Tools: scripts that measure Sundew, and those that make its pictures and recorded examples."""
