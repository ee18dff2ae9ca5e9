"""What the defences share."""
