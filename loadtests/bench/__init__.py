"""`weir bench`: our producer and worker beside other clients, in one run, on one broker, in turn."""
