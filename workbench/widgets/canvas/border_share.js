// How much of the room the picture before a border has.

import { clamp } from "./arrays.js";

export const LEAST = 0.2;
export const MOST = 0.8;

// side by side, and one above the other
export const AT_FIRST = [0.56, 0.5];

// where the pointer is between the ends of the room, less half of the border's own width
export const shareAt = (pointer, start, length, width) =>
  clamp((pointer - start - width / 2) / Math.max(1, length - width), LEAST, MOST);

// what a key makes of a share; undefined for other keys
export function shareByKey({ key, shiftKey }, share, stacked) {
  const [less, more] = stacked ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
  const step = shiftKey ? 0.1 : 0.02;
  if (key === less) return clamp(share - step, LEAST, MOST);
  if (key === more) return clamp(share + step, LEAST, MOST);
  return { Home: LEAST, End: MOST, Enter: AT_FIRST[Number(stacked)] }[key];
}
