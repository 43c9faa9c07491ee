"""A run as one page of HTML: what it found, how far to trust it, and how it fits the data.

`page.py` has the sections in their order, each is a file of its own and a function of the `Material`. Drawings are
SVG in the page itself, so that the page is one file that needs nothing else.
"""
