"""How much may be stored: limits, what is used, and what is reserved for uploads under way."""
