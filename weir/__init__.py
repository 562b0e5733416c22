"""The command line: mounts the commands of the other packages, and turns their errors into messages."""
