"""`python -m sundew_core`: the command line."""

import sys

from sundew_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
