// Which step of a trail made the number what it is, and how that is said: the rules of `weir explain`.

import { tight } from "./format.js";

// From which number each step came and to which it went; the one that decided is the last that changed it, else the first.
export function movements({ trail = [], replicas_before: before }) {
  let from = before, deciding = 0;
  const moves = trail.map(({ replicas: to }, index) => {
    const move = { from, to, deciding: false };
    if (to !== from) deciding = index;
    from = to;
    return move;
  });
  if (moves.length) moves[deciding].deciding = true;
  return moves;
}

export function because(decision) {
  const step = (decision.trail ?? [])[movements(decision).findIndex(({ deciding }) => deciding)];
  return tight(step ? whyOf(step) : decision.reason);
}

// With its rule, unless the words begin with it.
function whyOf({ rule, why }) {
  return why.startsWith(rule) ? why : `${rule}: ${why}`;
}
