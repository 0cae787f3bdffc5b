"""Block models: gridded volumes with columns of values, in versions that stay readable."""
