"""`python -m coreshed.cli`."""

from coreshed.cli import main

main()
