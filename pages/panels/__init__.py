"""Panels: the parts of the pages, in one room per idea and one per page.

A room imports only from the lines above its own, or from its own line; the pages themselves import from every room::

    shell                         the frame of every page: its state, strip, errors and navigation
    wall  knobs                   cards with live figures; the widgets of knobs, their link, and steering
    lab  runs  contests  samples  one room per page
    replay                        a recorded run, played again
    flow                          the pipeline as a living diagram
    story                         the way through the slides
"""
