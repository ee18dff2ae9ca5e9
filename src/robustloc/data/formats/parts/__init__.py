"""What the formats share: loading files and checking their values."""
