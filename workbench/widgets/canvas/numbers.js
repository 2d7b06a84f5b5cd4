// Numbers as texts.

// A number with so many significant digits; inf reads "∞", what is no number "–". `steady` keeps
// trailing zeros and groups thousands, so that digits do not dance while a slider moves; `whole`
// writes an integer in full.
export function number(x, { digits = 4, steady = false, whole = false } = {}) {
  const size = Math.abs(x), sign = x < 0 ? "−" : "";
  if (size === Infinity) return `${sign}∞`;
  if (!Number.isFinite(x)) return "–";
  if (whole && size < 1e9) return sign + grouped(String(size));
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    const places = steady ? digits - 1 : Math.min(2, digits - 1);
    return sign + size.toExponential(Math.max(0, places)).replace("e+", "e").replace("e-", "e−");
  }
  if (!steady) return sign + String(Number(size.toPrecision(digits)));
  const before = Math.floor(Math.log10(size || 1)) + 1;
  return sign + grouped(size.toFixed(Math.max(0, Math.min(12, digits - before))));
}

// thin spaces from five digits on: 12 345.6
function grouped(text) {
  const [whole, rest] = text.split(".");
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u2009") : whole;
  return rest === undefined ? spaced : `${spaced}.${rest}`;
}

// The numbers at as many places along a color bar, from its low to its high end; `at` gives the number
// at a share of the way. Of a range that is a single number only the place in the middle has it, or
// the first of two. `clipped` says whether there are numbers below and above, which the ends stand for.
export function rangeTexts([low, high], places, at = (t) => low + t * (high - low), clipped = []) {
  const only = (places - 1) >> 1, marks = { 0: clipped[0] && "≤ ", [places - 1]: clipped[1] && "≥ " };
  return Array.from({ length: places }, (_, k) =>
    high > low ? (marks[k] || "") + number(at(k / (places - 1))) : k === only ? number(low) : "");
}

// how far a number went from the first one, with the percentage where that says something
export function change(now, first, { digits = 4, whole = false } = {}) {
  if (Number.isNaN(now) || Number.isNaN(first)) return "";
  if (now === first) return "no change";
  if (!Number.isFinite(now) || !Number.isFinite(first)) {
    return `from ${number(first, { digits, steady: true, whole })}`;
  }
  const difference = now - first;
  const text = number(difference, { digits: Math.min(3, digits), steady: true, whole });
  const signed = (difference > 0 ? "+" : "") + text;
  if (first === 0) return signed;
  const percent = (100 * difference) / Math.abs(first), size = Math.abs(percent);
  if (size >= 1e5 || size < 0.05) return signed;
  return `${signed} (${percent > 0 ? "+" : "−"}${size.toFixed(size < 10 ? 1 : 0)} %)`;
}
