"""Panels: what the pages draw with, one folder for what all pages share and one for each page.

The rooms, and who may import whom: a room imports only from the lines above it and from itself::

    shell  the frame of every page: its looks, what all sessions share, strip, trouble, presenting
    wall  knobs  cards with live figures; the widgets of knobs, the link, and what a touch of them does
    lab  runs  contests  samples  what the pages of these names draw, contests on the Race page
    replay  an ended run at any of its moments
    flow  the pipeline as a diagram, of a run that trains or of a replay
    story  the slides, which are the other pages
    pages  the pages themselves: they choose what is drawn, and call it
"""
