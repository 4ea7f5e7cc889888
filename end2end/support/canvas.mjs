// What is on the canvases of a chart.

import { panel } from "./overview.mjs";

/** The canvases of a chart, from bottom to top. */
export const LAYERS = { axes: 0, series: 1, cursor: 2 };

function canvas(page, id, layer) {
  return panel(page, id).locator(".chart canvas").nth(LAYERS[layer]);
}

/** Looks at a layer: `hash` differs when a pixel does, `inked` counts pixels, `matches` those of `colour`. */
function look(page, id, layer, colour = [0, 0, 0]) {
  return canvas(page, id, layer).evaluate((canvas, [red, green, blue]) => {
    // Read from a copy: the browser warns of canvases that are read often, and treats them in another way.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let [hash, inked, matches] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      const [r, g, b, alpha] = data.subarray(at, at + 4);
      hash = (Math.imul(hash, 31) + ((r << 24) | (g << 16) | (b << 8) | alpha)) | 0;
      inked += alpha > 0 ? 1 : 0;
      const distance = Math.max(Math.abs(r - red), Math.abs(g - green), Math.abs(b - blue));
      // The colour of a faint pixel is not exact.
      matches += alpha > 128 && distance <= 4 ? 1 : 0;
    }
    return { hash, inked, matches };
  }, colour);
}

/** A number that differs when a pixel of the layer differs. */
export async function fingerprint(page, id, layer) {
  return (await look(page, id, layer)).hash;
}

/** How many pixels of the layer are not transparent. */
export async function inked(page, id, layer) {
  return (await look(page, id, layer)).inked;
}

/** Whether a pixel of the layer has that colour: `[red, green, blue]`, each ± 4. Faint pixels do not count. */
export async function hasColour(page, id, layer, colour) {
  return (await look(page, id, layer, colour)).matches > 0;
}

/** The colour that a custom property of the style sheet has now, as `[red, green, blue]`. */
export function cssColour(page, property) {
  return page.evaluate((property) => {
    const hex = getComputedStyle(document.querySelector(".chart")).getPropertyValue(property).trim();
    return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  }, property);
}

/** Makes every canvas of pages opened after this remember the texts on it; see `texts`. */
export async function rememberTexts(page) {
  await page.addInitScript(() => {
    const prototype = CanvasRenderingContext2D.prototype;
    const { fillText, clearRect } = prototype;
    prototype.clearRect = function (...args) {
      this.canvas.texts = [];
      return clearRect.apply(this, args);
    };
    prototype.fillText = function (text, ...args) {
      (this.canvas.texts ??= []).push(text);
      return fillText.call(this, text, ...args);
    };
  });
}

/** The texts on the axes of a chart. */
export function texts(page, id) {
  return canvas(page, id, "axes").evaluate((canvas) => canvas.texts ?? []);
}
