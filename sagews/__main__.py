"""The command `sagews` begins here; what it does is in `command_line.py`.

While that is being loaded, an interrupt ends the process as it ends a program that knows nothing of it: a service
that is stopped when it has hardly begun would otherwise leave in its log in which import it was.
"""

import signal


def main() -> None:
    """Run the command line, and exit with its status."""
    # Whoever starts it may have it ignore interrupts; that stays.
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sagews.command_line import main as run

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
