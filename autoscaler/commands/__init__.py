"""The commands of the autoscaler, a file each: the whole of `weir autoscale`, and thin clients of a live one."""
