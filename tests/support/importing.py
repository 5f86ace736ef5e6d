"""What a piece of code imports, seen in a new interpreter."""

import subprocess
import sys

from tools import ROOT


def loaded_by(code: str) -> set[str]:
    """The names of the modules that a new interpreter loads for `code`."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint('\\n'.join(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(run.stdout.split())
