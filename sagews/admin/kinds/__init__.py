"""What each kind of service is as a program: its command, its files, how it is told to end, how it answers."""
