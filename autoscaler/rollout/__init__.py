"""Versions of the workers, and how one gives way to the next: values and rules, without pods and without a clock.

Apart from the reconciler because people, the API and whoever keeps it over a restart speak of rollouts too.  Its one
rule: a revision's number means one set of settings for ever.
"""
