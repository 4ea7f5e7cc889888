// Records what changes with time, on the page and on the machine, so that both can be compared over the same time.

/**
 * Samples `read` until it is stopped. `at(time)` is then the value at a moment (milliseconds since the Unix epoch),
 * between samples in proportion. Values are objects of numbers.
 */
export function record(read) {
  const samples = [];
  const sample = () => samples.push({ time: Date.now(), value: read() });
  sample();
  const timer = setInterval(sample, 50);
  return {
    stop() {
      clearInterval(timer);
      sample();
    },
    at(time) {
      const after = Math.max(1, samples.findIndex((sample) => sample.time >= time));
      const [left, right] = [samples[after - 1], samples[after]];
      const part = (time - left.time) / Math.max(1, right.time - left.time);
      const between = (name) => left.value[name] + (right.value[name] - left.value[name]) * part;
      return Object.fromEntries(Object.keys(left.value).map((name) => [name, between(name)]));
    },
  };
}

/**
 * Records a large number of a panel, found by its label, at each of `count` whole ticks by the clock of the page. The
 * page must be in UTC. Gives `[{time, text}]`, with times in milliseconds since the Unix epoch.
 */
export async function recordTicks(page, panel, label, count) {
  const rows = await page.evaluate(
    ([panel, label, count]) =>
      new Promise((resolve) => {
        const figures = [...document.querySelectorAll(`.panel[data-panel="${panel}"] .figure`)];
        const figure = figures.find((figure) => figure.querySelector(".label").textContent === label);
        const number = figure.querySelector(".number");
        const seen = new Map();
        const look = () => {
          const clock = document.querySelector(".connection .clock").textContent;
          // The later reading of a tick counts: the clock may change a moment before the number does.
          seen.set(clock, number.textContent);
          // The first tick may have begun before and the last is not over.
          if (seen.size > count + 1) {
            resolve([...seen].slice(1, count + 1));
          } else {
            requestAnimationFrame(look);
          }
        };
        look();
      }),
    [panel, label, count],
  );
  return rows.map(([clock, text]) => ({ time: nearest(clock), text }));
}

/** The moment nearest to now at which a clock in UTC shows that time of day. */
function nearest(clock) {
  const now = Date.now();
  const day = 86_400_000;
  const midnight = now - (now % day);
  const [hours, minutes, seconds] = clock.split(":").map(Number);
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  const candidates = [-day, 0, day].map((days) => midnight + days + ofDay);
  return candidates.reduce((best, time) => (Math.abs(time - now) < Math.abs(best - now) ? time : best));
}
