"""What may be asked of the Docker engine on behalf of workers, and nothing else.

`calls` knows the calls, `bodies` what a container may be made of; `app` asks both and passes on what is left.
"""
