"""`python -m mcubench` is the `mcubench` command."""

from __future__ import annotations

from mcubench.cli import main

if __name__ == "__main__":
    main()
