// Reads quantities as pages write them: `12.4 GiB` is 13314398617.6.

const FACTORS = {
  "": 1,
  "%": 0.01,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  Hz: 1,
  kHz: 1e3,
  MHz: 1e6,
  GHz: 1e9,
  "°C": 1,
  ns: 1e-9,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  d: 86400,
};

/** The value in base units of a text such as `12.4 GiB`, `3.1 %` or `1.5 KiB/s`; `NaN` for the dash of no value. */
export function quantity(text) {
  if (text === "–") {
    return NaN;
  }
  const match = /^(-?[\d.]+)(?:\u00a0([a-zA-Zµ°%]*)(?:\/s)?)?$/.exec(text);
  const factor = FACTORS[match?.[2] ?? ""];
  if (!match || factor === undefined) {
    throw new Error(`${JSON.stringify(text)} is not a quantity as pages write them`);
  }
  return Number(match[1]) * factor;
}
