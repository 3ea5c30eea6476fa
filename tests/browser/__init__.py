"""A package, so that its conftest and test files may bear the same names as those above."""
