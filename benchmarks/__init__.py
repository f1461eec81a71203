"""Measures sagews beside jupyter_server with ipykernel, both of them real, in one run.

    python -m benchmarks              the whole comparison; writes results/latest.json and the README's table
    python -m benchmarks.walk         where the time of one fresh evaluation goes
    python -m benchmarks.install_peer makes the peer's virtual environment

What is measured is in `measures.py`, what ought to come out in `targets.py`.
Both sides get one client program, the same code to evaluate, one thread for
BLAS and a clean environment, and take turns, so that whatever else the machine
does falls on both.
"""
