// Making and changing elements. Texts are only ever set as text, so nothing that a server says can become markup.

export function byId(id) { return document.getElementById(id); }

export function element(tag, { className, text, parent, ...attributes } = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

// What is the same already is left alone: no layout, and a selection in it survives.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

export function setData(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

// The children of `parent` become those of `items`, in order: kept by key, updated in place, moved only when they have to be.
export function keyed(parent, items, { key, make, update }) {
  const kept = (parent.keyed ??= new Map());
  const wanted = new Set();
  let place = parent.firstElementChild;
  items.forEach((item, index) => {
    const name = key(item, index);
    wanted.add(name);
    let child = kept.get(name);
    if (!child) kept.set(name, (child = make(item)));
    update(child, item, index);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  });
  for (const [name, child] of kept) {
    if (wanted.has(name)) continue;
    child.remove();
    kept.delete(name);
  }
}
