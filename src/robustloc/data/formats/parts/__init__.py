"""What the formats share: reading a file, and refusing a damaged one."""
