"""`/help.html`: what readers of cells in other sites' pages may want to know. Static HTML; no script."""

from sagews.backend.style import Style
from sagews.backend.text_page import text_page


def page(style: Style) -> str:
    """Return the page."""
    return text_page(
        "cells in a page",
        style,
        (
            "<h1>Cells in a page</h1>",
            "<p>Type code into a cell, and press Shift and Enter, or its button, to evaluate it. What it puts out is"
            " shown below it. Tab completes what you type; after a name, <kbd>?</kbd> and Tab show what is said of it."
            "</p>",
            "<p>Cells of one page may share their variables; its author says so. Otherwise each evaluation begins"
            " anew.</p>",
            "<p>Evaluations have limits of time, memory and output. When one of them ends an evaluation, the cell says"
            " which.</p>",
            "<p>If your connection is lost, what runs goes on for a while, and the page shows the rest when it is"
            " back.</p>",
            '<p>The site itself has cells, too: <a href="/">go there</a>. For programs there is'
            ' <a href="/api">an API</a>.</p>',
        ),
    )
