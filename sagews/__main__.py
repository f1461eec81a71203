"""The command `sagews`."""


def main() -> None:
    """Run the command line."""
