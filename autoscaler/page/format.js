// Numbers as people read them. Its one rule: what was not measured is a "?", never a zero.
export const UNKNOWN = "?";

// About three meaningful digits, thousands from ten thousand on: 0.52, 14.2, 1,420, 12.4 k, 1.83 M.
export function number(value) {
  if (!known(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 999_950) return `${digits(value / 1e6)} M`;
  if (size >= 9_999.5) return `${digits(value / 1e3)} k`;
  return digits(value);
}

// Counts have no decimals: 3, 1,420, 12.4 k.
export function count(value) {
  return known(value) && Math.abs(value) < 9_999.5 ? Math.round(value).toLocaleString("en-US") : number(value);
}

export function digits(value) {
  const size = Math.abs(value);
  const places = size === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: places });
}

export function percent(ratio) {
  return known(ratio) ? `${Math.round(ratio * 100)} %` : UNKNOWN;
}

export function memory(bytes) {
  if (!known(bytes)) return UNKNOWN;
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 999.5 ? `${digits(mebibytes)} MiB` : `${digits(mebibytes / 1024)} GiB`;
}

// "0.4 s", "48 s", "2 min 5 s", "1 h 20 min"
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  return whole(seconds);
}

// The same without fractions, for what counts up by the second.
export function whole(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 120) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (days >= 2) return `${days} d ${hours % 24} h`;
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min ${rounded % 60} s`;
}

const second = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

// Times of day are the reader's own.
export function clock(at) { return known(at) ? second.format(at * 1000) : UNKNOWN; }
export function clockMinute(at) { return known(at) ? minute.format(at * 1000) : UNKNOWN; }

// Words from the autoscaler, with each number kept on one line with its unit.
export function tight(text) { return text.replace(/(\d) (?=(?:%|s|ms|min|h|k|M|MiB|cores?|events?|times?|workers?|→)(?![\w]))/g, "$1\u00a0"); }

export function many(amount, thing) { return `${count(amount)} ${thing}${amount === 1 ? "" : "s"}`; }

export function known(value) { return value !== null && value !== undefined && Number.isFinite(value); }
