"""Components: elements of a page that a script in the browser draws."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from sundew_core.figures.flow.page import MODULES


def component(name: str, *scripts: Path) -> ComponentRenderer:
    """Declare a component: one div whose class is the name with hyphens, and the styles beside its first script, if any.

    Streamlit takes a script as text, which cannot import anything by a relative name. So the scripts become one, with the
    helpers of `dom.js` in front. Styles reach the whole page: presenting hides parts of components, and figures share theirs.
    """
    styles = scripts[0].with_suffix(".css")
    return st.components.v2.component(
        name,
        html=f'<div class="{name.replace("_", "-")}"></div>',
        css=styles.read_text(encoding="utf-8") if styles.exists() else None,
        js="".join(script.read_text(encoding="utf-8") for script in (MODULES / "dom.js", *scripts)),
        isolate_styles=False,
    )
