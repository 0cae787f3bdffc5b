"""Block models: versioned grids of attributes."""
