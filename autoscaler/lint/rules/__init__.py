"""The rules: one function each, which looks at one manifest in its setting."""
