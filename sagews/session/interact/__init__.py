"""`@interact`: controls beside a function, which runs again when they change; SageMathCell's forms, and Sage's.

    names.py       what a session of Sage finds defined
    decorator.py   `interact(...)`: what was asked for becomes an Interact
    signature.py   which controls that is, by the function's parameters
    rules.py       the control that a plain value stands for
    control.py     what every control is; its kinds: texts, choices, presses, sliders, multi_slider, colours, foreign
    old.py         the names of the controls of older Sage
    plan.py        where each control stands
    running.py     one interact: it shows itself, and runs its function
    boxes.py       its view; area.py, its output; bookmarks.py, marking.py; saved.py, what of it can be kept
    proxy.py       what code has of it
    due.py         which are to run, and when
    dynamic.py     `dynamic`: variables of the session that have controls; exercise.py, `%%exercise`

Nothing is made for the browser here: each control is one or more widgets of
ipywidgets, which only the rooms that make these import.
"""
