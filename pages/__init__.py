"""Pages, one file each: `app.py` lists them, and `panels` holds what they draw."""
