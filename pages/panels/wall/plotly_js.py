"""Files for components: plotly.js from the installed plotly package, and modules; offline, once per browser, never in a message.

`declare_component(path=...)` is Streamlit's public way to serve a folder of an installed package over HTTP. No other part of a
version 1 component is used. The alternatives are worse. A version 2 component serves files only of packages with a manifest,
and inline they would travel in every message. Static serving needs a folder beside `app.py` and a copy of 5 MB. A separate
route needs an ASGI wrapper instead of a plain script. The plotly in Streamlit's own bundle has no stable address.
"""

from pathlib import Path

import plotly
import streamlit as st
from streamlit.components.v1 import declare_component


def address() -> str:
    """Serve plotly.js, if it is not served yet, and return its address.

    The version is part of the address, so that a browser never uses an old copy.
    """
    return served("plotly", Path(plotly.__file__).parent / "package_data", f"plotly.min.js?v={plotly.__version__}")


def served(name: str, folder: Path, file: str) -> str:
    """Serve a folder under a name, if it is not served yet, and return the address of a file in it."""
    component = declare_component(name, path=folder)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/component/{component.name}/{file}"
