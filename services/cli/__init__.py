"""The command `kept`, one module for each group of commands."""
