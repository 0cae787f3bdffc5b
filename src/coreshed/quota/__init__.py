"""How much may be stored: limits, what is used, and what is reserved for uploads under way."""

from coreshed.quota.model import MOST_BYTES, Drift, Measure, Standing
from coreshed.quota.service import Quota

__all__ = ["MOST_BYTES", "Drift", "Measure", "Quota", "Standing"]
