// Server-sent events over fetch. A new EventSource cannot be given the id of the last event, and hides when it will try again;
// the page has to resume, and to say so.
import { answered } from "./api.js";

// Answers when the server has; then gives { id, kind, data }, and undefined for whatever else shows that the server lives.
export async function openEvents(url, { lastEventId, signal }) {
  const headers = { Accept: "text/event-stream" };
  if (lastEventId) headers["Last-Event-ID"] = lastEventId;
  return eventsOf(await answered(await fetch(url, { headers, signal, cache: "no-store" })));
}

async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll("\r", "")).split("\n\n"); // lines may end in CR LF
    rest = blocks.pop();
    yield undefined;
    for (const block of blocks) {
      const event = parse(block);
      if (event.data) yield event;
    }
  }
}

function parse(block) {
  const event = { id: undefined, kind: "message", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon), value = line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") event.data += value;
    else if (name === "event") event.kind = value;
    else if (name === "id") event.id = value;
  }
  return event;
}
