// Policies that only watch: what they would do, and why.
import { count, known, tight } from "./format.js";
import { byId, element, keyed, setHidden, setText } from "./dom.js";

export class Shadows {
  constructor({ board }) {
    this.board = board;
    const place = byId("shadows");
    element("h2", { id: "shadows-title", text: "What others would do", parent: place });
    this.list = element("ul", { className: "shadows", parent: place });
  }

  draw = () => {
    const { state } = this.board, shadows = state?.shadows ?? [];
    setHidden(byId("shadows"), !shadows.length);
    keyed(this.list, shadows, { key: ({ name }) => name, make: makeShadow, update: (row, shadow) => update(row, shadow, state.replicas.desired) });
  };
}

function makeShadow() {
  const row = element("li");
  for (const className of ["name", "to", "than"]) element("span", { className, parent: row });
  element("p", { parent: row });
  return row;
}

function update(row, { name, replicas, why }, desired) {
  const [title, to, than, words] = row.children;
  setText(title, name);
  setText(to, count(replicas));
  setText(than, known(replicas) && known(desired) ? difference(replicas - desired) : "");
  setText(words, tight(why ?? ""));
}

function difference(more) {
  return more === 0 ? "the same" : `${Math.abs(more)} ${more > 0 ? "more" : "fewer"}`;
}
