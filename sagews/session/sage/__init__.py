"""Sage in a session, where its environment preloads `sage.all`.

Sage's own code does what makes it Sage in IPython: the preparser, magics,
names, the forms of values. These rooms have what a fork server needs
besides: that a session finds everything warm, has places and random numbers
of its own, and is interrupted safely. Only sessions whose environment has
Sage import anything of it, and only inside functions.
"""
