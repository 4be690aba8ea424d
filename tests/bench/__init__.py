"""Benchmarks: what DESIGN.md's budgets ask, each against a ceiling measured in the same run. `make bench`."""
