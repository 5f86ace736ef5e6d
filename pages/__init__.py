"""Pages: one file each, which `app.py` names; what several of them draw with is in `panels`."""
