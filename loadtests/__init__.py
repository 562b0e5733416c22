"""Runs, what they leave behind, and what is made of it: ledger audit, score, reports, comparison, benchmark."""
