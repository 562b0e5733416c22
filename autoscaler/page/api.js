// The API's calls. An answer that is none becomes a Problem, in words for people.
const ROOT = new URL("api/v1/", document.baseURI);

export class Problem extends Error {
  constructor(status, said) {
    super([said.detail ?? said.title ?? `the server answered ${status}`, ...fields(said.errors)].join(" "));
    this.title = said.title ?? `Error ${status}`;
    this.status = status;
  }
}

function fields(errors) {
  if (!Array.isArray(errors)) return [];
  return errors.map((fault) => {
    const place = fault.field ?? fault.pointer ?? fault.path ?? fault.loc;
    return `${Array.isArray(place) ? place.join(".") : place}: ${fault.message ?? fault.detail ?? fault.msg}.`;
  });
}

export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

export async function read(path, query, signal) {
  return (await answered(await fetch(address(path, query), { signal, cache: "no-store" }))).json();
}

// What the autoscaler does not know before its first tick: `fallback` instead of an error.
export async function readOr(fallback, path, query, signal) {
  try {
    return await read(path, query, signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 503) return fallback;
    throw error;
  }
}

export async function change(method, path, body, token) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  await answered(await fetch(address(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }));
}

export async function answered(response) {
  if (response.ok) return response;
  let said = {};
  try { said = await response.json(); } catch { /* not JSON: the status has to do */ }
  throw new Problem(response.status, said);
}
