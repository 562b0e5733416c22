"""What two processes of Weir must agree on, and nothing else.  Imports none of the other packages."""
