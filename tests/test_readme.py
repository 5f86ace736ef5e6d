"""The README's two commands work; the second one runs these tests. Its links and examples work, too."""

import ast
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tools import ROOT
from tools.support.driving import serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
SETUP = ["python3 -m venv .venv", ".venv/bin/python -m pip install -q -r {}"]


def commands():
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)]


def test_there_are_exactly_two_commands_of_one_line_that_install_first():
    start, test = commands()
    for command, requirements in ((start, "requirements.txt"), (test, "requirements-dev.txt")):
        assert "\n" not in command
        assert command.split(" && ")[:-1] == [step.format(requirements) for step in SETUP]
        assert (ROOT / requirements).is_file()
    assert test.split(" && ")[-1] == ".venv/bin/python -m pytest"


def test_the_first_command_ends_by_serving_the_page(tmp_path):
    serve = shlex.split(commands()[0].split(" && ")[-1].replace(".venv/bin/python", shlex.quote(sys.executable)))
    with serving(tmp_path, serve) as address, urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200
        assert b"<title>Streamlit</title>" in answer.read()


def imported_by(node):
    """The top-level packages that a syntax node imports."""
    names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in getattr(node, "names", [])]
    return [name.split(".")[0] for name in names] if isinstance(node, ast.Import | ast.ImportFrom) else []


def test_the_requirements_are_exactly_the_packages_that_the_code_imports():
    named = {re.match(r"[\w-]+", line)[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines() if line}
    imported = {
        name
        for folder in ("sundew_core", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in imported_by(node)
    }
    packages = {"sklearn": "scikit-learn", "pynvml": "nvidia-ml-py", "PIL": "pillow"}
    used = {packages.get(name, name) for name in imported if name not in sys.stdlib_module_names}
    own = {"sundew_core", "pages"}
    installed_by_others = {"pillow", "annotated_types", "choreographer"}  # by torchvision, pydantic and kaleido
    assert {name.lower() for name in used} - own - installed_by_others == named


def test_what_the_readme_links_to_exists():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_the_library_examples_run():
    names = {}
    for example in re.findall(r"^```python\n(.*?)^```", README, re.M | re.S):
        exec(compile(example, str(Path("README.md")), "exec"), names)
    assert names["decision"].mask.shape == (512,)
    assert names["sampler"].active / (3 * 2_000) == pytest.approx(0.1, rel=0.05)


def test_the_gate_adds_four_lines_to_a_loop():
    (example,) = re.findall(r"^```python\n(.*?update.*?)^```", README, re.M | re.S)
    assert [int(number) for number in re.findall(r"# (\d)(?:$|:)", example, re.M)] == [1, 2, 3, 4]


def test_the_example_loop_holds_its_rate_and_learns():
    command = [sys.executable, "-m", "docs.own_loop"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    lines = re.findall(r"^Epoch +(\d+) \| Val acc (\S+) % \| Active (\S+) %$", printed, re.M)
    assert [int(epoch) for epoch, _, _ in lines] == [20, 40, 60, 80, 100, 120]
    assert [float(rate) for _, _, rate in lines] == pytest.approx([10.0] * 6, rel=0.05)
    assert float(lines[-1][1]) > 96.0
