"""What every room uses: errors, seeds, plugins, files. It imports nothing of this package."""
