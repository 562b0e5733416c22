"""Does Weir's own policy keep its promise: fewer SLO violation seconds than others, at no more worker-seconds?  Pure.

Said plainly also where it does not.  Violated seconds are those at worst: what was not measured was not held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from loadtests.standings import VIOLATED_AT_WORST, Spread, Standing
from loadtests.standings_words import number, seconds

OWN_KIND = "WeirPolicy"
TELLING_SECONDS = 0.5
"""Samples are a second apart, give or take some milliseconds: what differs by less than this does not differ."""


ClaimVerdict = Literal["better", "cheaper", "as good", "not better", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The promise of one policy held against another one; only `better` keeps it in full.

    `cheaper` and `as good` are for policies with as many violated seconds, which often is none at all.
    """

    policy: str
    other: str
    verdict: ClaimVerdict
    sentence: str


def baseline_claims(entered: Sequence[Standing]) -> list[Claim]:
    """A claim for each policy of Weir's own kind against each of another kind; none when either is missing."""
    own = [standing for standing in entered if standing.kind == OWN_KIND]
    others = [standing for standing in entered if standing.kind != OWN_KIND]
    return [_claim(one, other) for one in own for other in others]


def _claim(one: Standing, other: Standing) -> Claim:
    violated = [s.figures.get(VIOLATED_AT_WORST) for s in (one, other)]
    used = [s.figures.get("worker_seconds") for s in (one, other)]
    if None in violated or None in used:
        sentence = f"{one.policy} against {other.policy}: cannot be told, it was not measured in both."
        return Claim(policy=one.policy, other=other.policy, verdict="unknown", sentence=sentence)
    (mine, theirs), (cost, their_cost) = _known(violated), _known(used)
    verdict = _verdict(mine.median, theirs.median, cost.median, their_cost.median)
    told = f"{_violations(mine, theirs)}, {_costs(cost, their_cost)}{_doubt(mine, theirs)}"
    sentence = f"{one.policy} is {verdict} {'as' if verdict == 'as good' else 'than'} {other.policy}: {told}."
    return Claim(policy=one.policy, other=other.policy, verdict=verdict, sentence=sentence)


def _verdict(mine: float, theirs: float, cost: float, their_cost: float) -> ClaimVerdict:
    """From violated seconds and worker-seconds of both."""
    if cost > their_cost or mine - theirs >= TELLING_SECONDS:
        return "not better"
    if theirs - mine >= TELLING_SECONDS:
        return "better"
    return "cheaper" if cost < their_cost else "as good"


def _violations(mine: Spread, theirs: Spread) -> str:
    if mine.median == theirs.median == 0:
        return "neither violated the SLO"
    more = mine.median - theirs.median
    word = "as many" if abs(more) < TELLING_SECONDS else "more" if more > 0 else "fewer"
    return f"{word} SLO violation seconds ({seconds(mine.median)} against {seconds(theirs.median)})"


def _costs(mine: Spread, theirs: Spread) -> str:
    against = f"({number(round(mine.median))} against {number(round(theirs.median))})"
    if mine.median <= theirs.median:
        return f"at no more worker-seconds {against}"
    more = mine.median / theirs.median - 1 if theirs.median else float("inf")
    return f"at {more:.0%} more worker-seconds {against}".replace("%", " %")


def _doubt(mine: Spread, theirs: Spread) -> str:
    """Medians that differ while the runs of both overlap say little."""
    if abs(mine.median - theirs.median) < TELLING_SECONDS or mine.most < theirs.least or theirs.most < mine.least:
        return ""
    return "; the violation seconds of their runs overlap"


def _known(pair: Iterable[Spread | None]) -> tuple[Spread, Spread]:
    first, second = pair
    assert first is not None
    assert second is not None
    return first, second
