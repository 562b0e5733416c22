"""From how many workers there should be, and those that there are, to what has to be done.  Pure."""
