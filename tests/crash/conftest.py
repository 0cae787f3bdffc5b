"""Failing comparisons of these modules say what they compared."""

import pytest

pytest.register_assert_rewrite("tests.crash.verifier", "tests.crash.rounds", "tests.crash.writers")
