"""The workers: consume a topic in a group, hand every event to a handler, and prove in the ledger that they did."""
