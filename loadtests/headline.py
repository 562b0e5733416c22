"""A run in a few words: its verdict, or, where nothing makes a verdict of it, that the SLO was violated all the same.

Apart from the verdict because a scenario may say how late is too late without saying for how long it may be so: such a
run has not failed, and to call it passed would hide what the SLO is there to show.
"""

from typing import Literal

from loadtests.score import Summary

Headline = Literal["passed", "SLO violated", "SLO missed", "ledger failed"]


def headline(summary: Summary) -> Headline:
    """The verdict; `SLO violated` for a run that passed with violated seconds that no limit judges."""
    return "SLO violated" if violated_sentence(summary) else summary.verdict


def violated_sentence(summary: Summary) -> str | None:
    """For how long the SLO was violated, and how to make a verdict of it; None where nothing was, or it is one."""
    judged = any(slo.name == "violation_seconds_max" for slo in summary.slos)
    seconds = summary.elasticity.violation_seconds if summary.elasticity else None
    if judged or not seconds or summary.verdict != "passed":
        return None
    return f"the SLO was violated for {seconds:,.0f} s in all; slo.violation_seconds_max would make a verdict of it"
