"""What every service does alike: it logs to stderr, announces itself on stdout, and ends when it is told to."""
