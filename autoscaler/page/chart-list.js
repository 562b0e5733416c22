// Which charts there are and what they show, most telling first. `colour` names a thing, as in Weir's reports; lines differ by
// dash or area as well, for those who cannot tell the colours apart.
export const CHARTS = [
  {
    id: "rates", title: "Rates", unit: "events/s", caption: "What enters Kafka, and what the workers commit.",
    lines: [
      { series: "arrival_rate", name: "arriving", colour: "produced", area: true },
      { series: "processing_rate", name: "processed", colour: "processed", width: 2.25 },
    ],
  },
  {
    id: "replicas", title: "Replicas", unit: "", caption: "Asked for, consuming, and the least that keep up with what arrives.", whole: true, tall: true,
    shadows: true,
    lines: [
      { series: "replicas_current", name: "alive", colour: "neutral", width: 1.25 },
      { series: "replicas_desired", name: "desired", colour: "desired", width: 2.25 },
      { series: "replicas_ready", name: "ready", colour: "processed", dash: [9, 3] },
      { series: "replicas_needed", name: "needed", colour: "needed", dash: [2, 3] },
    ],
  },
  {
    id: "time-lag", title: "Time lag", unit: "s", caption: "Age of the oldest event that is not processed yet.", limit: true,
    lines: [{ series: "lag_seconds", name: "time lag", colour: "lag", area: true }],
  },
  {
    id: "lag", title: "Lag", unit: "events", caption: "Events in Kafka that the workers have not committed yet.",
    lines: [{ series: "lag_events", name: "lag", colour: "lag", area: true }],
  },
  {
    id: "cpu", title: "Worker CPU", unit: "cores", caption: "Cores in use: working on top of starting; dotted the host's share.",
    stacked: true,
    lines: [
      { series: "cpu_cores", shown: "cpu_work_cores", name: "working", colour: "processed", fillTo: "cpu_init_cores" },
      { series: "cpu_init_cores", name: "starting", colour: "starting", hatched: true },
      { series: "host_cpu_ratio", name: "host", colour: "neutral", dash: [2, 3], scale: "ratio" },
    ],
  },
];

// A policy that only watches: its own colour and dash, in the order in which they are named.
const SHADOW_LOOKS = [
  { colour: "shadow-1", dash: [12, 3, 2, 3] },
  { colour: "shadow-2", dash: [5, 2] },
  { colour: "shadow-3", dash: [14, 4] },
  { colour: "shadow-4", dash: [2, 2, 8, 2] },
];

export function shadowLines(names) {
  return names.filter((name) => name.startsWith("shadow:")).sort().map((series, index) => ({
    series, name: series.slice("shadow:".length), colour: "shadow-1", shadow: true, width: 1.5, ...SHADOW_LOOKS[index % SHADOW_LOOKS.length],
  }));
}
