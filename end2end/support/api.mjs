// What the server says of its numbers, to compare pages with.

/** Calls a server function of the pages and gives its answer. */
async function call(server, name, parameters) {
  const response = await fetch(`${server.url}/api/fn/${name}?${new URLSearchParams(parameters)}`);
  if (response.status !== 200) {
    throw new Error(`/api/fn/${name} answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}

/** The catalogue, the series, the newest readings. */
export function snapshot(server) {
  return call(server, "snapshot", { window_seconds: 300, rows: 2 });
}

/** The last five minutes, a row for each second. */
export function history(server) {
  return call(server, "history", { window_seconds: 300, rows: 300 });
}

/** Ids of the panels that have any series, section by section, in the order of the catalogue. */
export function filledPanels({ catalogue, state }) {
  const measured = new Set(state.series.map((series) => series.metric));
  const shows = (panel) => catalogue.metrics.some((metric) => metric.panel?.[0] === panel.id && measured.has(metric.name));
  const sections = [...new Set(catalogue.panels.map((panel) => panel.section))];
  return sections.flatMap((section) => catalogue.panels.filter((panel) => panel.section === section && shows(panel))).map((panel) => panel.id);
}

/** The lines of a panel's legend in a snapshot: `[{series, label, pace}]`, the pace in milliseconds. */
export function legend({ catalogue, state, paces, interval_ms }, panel) {
  const { title } = catalogue.panels.find(({ id }) => id === panel);
  return catalogue.metrics
    .filter((metric) => metric.panel?.[0] === panel && ["chart", "headline_and_chart"].includes(metric.panel[1]))
    .flatMap((metric) =>
      state.series
        .filter((series) => series.metric === metric.name)
        .map((series) => {
          const words = [...metric.labels.map((name) => series.labels[name]), metric.legend].filter(Boolean);
          const pace = paces[metric.name] ?? interval_ms;
          return { series: series.id, label: words.join(" ") || title, pace };
        }),
    );
}

/** The rows of a history that hold any value, as their times in milliseconds. */
export function filledRows({ start, step_millis, tracks }) {
  const length = Math.max(0, ...tracks.map((track) => track.low.length));
  return Array.from({ length }, (_, row) => row)
    .filter((row) => tracks.some((track) => track.low[row] !== null && track.low[row] !== undefined))
    .map((row) => start + row * step_millis);
}
