"""The frame of every page: what goes wrong in it or in a part of it is said in words, and what cannot be done stays on screen."""

from streamlit.testing.v1 import AppTest


def page_with_a_part():
    import streamlit as st

    from pages.panels.shell.page import part, show
    from sundew_core.errors import InputError

    def careless():
        raise InputError("the part is lost")

    def page():
        part(careless)()
        st.text("the rest is there")
        raise InputError("the page is lost")

    show(page)


def test_what_goes_wrong_is_said_where_it_went_wrong():
    app = AppTest.from_function(page_with_a_part).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["the part is lost", "the page is lost"]
    assert app.text[0].value == "the rest is there"


def page_with_a_wish():
    import streamlit as st

    from pages.panels.shell.trouble import attempt, refusal
    from sundew_core.errors import InputError

    def refuse():
        raise InputError("not <now>")

    refusal("why")
    st.button("refused", on_click=attempt, args=("why", refuse))
    st.button("granted", on_click=attempt, args=("why", lambda: None))


def test_what_cannot_be_done_stays_on_screen_until_something_can():
    app = AppTest.from_function(page_with_a_wish).run()
    assert not app.html
    app.button[0].click().run()
    assert "not &lt;now&gt;" in app.html[0].value
    app.run()
    assert app.html
    app.button[1].click().run()
    assert not app.html
