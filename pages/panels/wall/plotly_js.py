"""plotly.js for the live figures, from the installed plotly package: offline, once per browser, never in a message.

How it gets there: `declare_component(path=...)` is Streamlit's public way to serve a folder of an installed package
over HTTP; nothing else of a version 1 component is used. The alternatives are worse: a version 2 component serves
files only of packages that carry a manifest, inline it would travel in every message; static serving needs a folder
beside `app.py` and a copy of 5 MB; a route of one's own needs an ASGI wrapper instead of a plain script; and the
plotly in Streamlit's own bundle has no stable address.
"""

from pathlib import Path

import plotly
import streamlit as st
from streamlit.components.v1 import declare_component


def address() -> str:
    """Serve the folder in this runtime, if it is not yet, and give the address of plotly.js in it.

    The version is part of the address, so that a browser which keeps the file never keeps an old one.
    """
    folder = declare_component("plotly", path=Path(plotly.__file__).parent / "package_data")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/component/{folder.name}/plotly.min.js?v={plotly.__version__}"
