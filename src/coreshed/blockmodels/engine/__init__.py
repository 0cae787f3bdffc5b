"""The versioned block store, usable as a library."""
