// Pictures of pages, and what differs between two of them. A picture is kept at a quarter of its size: each of its points is the
// mean of four by four of the page, so that the edges of letters count little and a box that moved counts much.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RESULTS } from "./settings.mjs";

/** Where the pictures are that others are compared with. `npm run pictures` makes them anew. */
export const REFERENCES = fileURLToPath(new URL("../pictures/", import.meta.url));

const SCALE = 4;
/** From here on two points are different: steps of 255, the most of red, green and blue. */
const STEPS = 24;

// What is another one on each machine and at each moment keeps its place, but is not seen.
const UNSEEN = `
  canvas, svg:not(.sign), time, code, .facts, .number, .unit, .clock, .moment, .mark, .verdict > *, .vital > *, .details, .legend,
  .figures, td, input { visibility: hidden !important; }
  * { animation: none !important; transition: none !important; caret-color: transparent !important; }
`;

/** The page as it is seen, at a quarter of its size, as a PNG file. `scratch` is another page, for its canvas. */
export async function picture(page, scratch) {
  const shot = await page.screenshot({ style: UNSEEN, animations: "disabled" });
  const url = await scratch.evaluate(
    async ({ shot, scale }) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${shot}`)).blob());
      const draw = (width, height) => Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
      const from = draw(image.width, image.height);
      from.drawImage(image, 0, 0);
      const all = from.getImageData(0, 0, image.width, image.height).data;
      const [width, height] = [Math.floor(image.width / scale), Math.floor(image.height / scale)];
      const small = new ImageData(width, height);
      for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width; x += 1) {
          for (let channel = 0; channel < 4; channel += 1) {
            let sum = 0;
            for (let row = 0; row < scale; row += 1) {
              for (let column = 0; column < scale; column += 1) {
                sum += all[((y * scale + row) * image.width + x * scale + column) * 4 + channel];
              }
            }
            small.data[(y * width + x) * 4 + channel] = sum / scale ** 2;
          }
        }
      }
      const to = draw(width, height);
      to.putImageData(small, 0, 0);
      return to.canvas.toDataURL("image/png");
    },
    { shot: shot.toString("base64"), scale: SCALE },
  );
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** The part of the points that differ between two pictures: 1 if they are not of one size. */
export function difference(scratch, one, other) {
  return scratch.evaluate(
    async ({ pictures, steps }) => {
      const [one, other] = await Promise.all(
        pictures.map(async (data) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (one.width !== other.width || one.height !== other.height) {
        return 1;
      }
      let different = 0;
      for (let at = 0; at < one.data.length; at += 4) {
        const step = Math.max(...[0, 1, 2].map((channel) => Math.abs(one.data[at + channel] - other.data[at + channel])));
        different += step >= steps ? 1 : 0;
      }
      return different / (one.data.length / 4);
    },
    { pictures: [one, other].map((file) => file.toString("base64")), steps: STEPS },
  );
}

/** How wide this machine writes: with other fonts every line is another one, and pictures cannot be compared. */
export function widths(scratch) {
  return scratch.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    return ["14px system-ui", "600 24px system-ui", "12px ui-monospace, 'DejaVu Sans Mono', monospace"].map((font) => {
      context.font = font;
      return Math.round(context.measureText("Watchglass 0123456789 quartz").width);
    });
  });
}

/** A reference, or nothing if there is none. */
export function reference(name) {
  return readFile(join(REFERENCES, name)).catch(() => undefined);
}

/** Keeps a reference. */
export async function keep(name, file) {
  await mkdir(REFERENCES, { recursive: true });
  await writeFile(join(REFERENCES, name), file);
}

/** Leaves a picture that differs for people to look at. */
export async function leave(name, file) {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, name), file);
}
