"""Upload sessions: quota is reserved, bytes arrive over signed URLs, and completing makes items of them."""
