"""What `dev.py` does: set-up, running, checking and measuring. Standard library only."""
