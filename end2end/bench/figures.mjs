// What the measurements of the page share.

/** The value below which that part of the values lies: 0.5 for the median. */
export function part(values, part) {
  return values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)];
}

/** In a page, before anything else runs: lets `globalThis.wasm` be the memory of its program. */
export function rememberMemory() {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...args) => {
    const made = await instantiateStreaming.apply(WebAssembly, args);
    globalThis.wasm = made.instance.exports.memory;
    return made;
  };
}
