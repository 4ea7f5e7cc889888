// Helpers of the page benchmarks.

/** Quantile of the values: 0.5 is the median. */
export function part(values, part) {
  return values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)];
}

/** Init script of a page: sets `globalThis.wasm` to the memory of its WebAssembly module. */
export function rememberMemory() {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...args) => {
    const made = await instantiateStreaming.apply(WebAssembly, args);
    globalThis.wasm = made.instance.exports.memory;
    return made;
  };
}
