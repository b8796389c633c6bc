// How numbers are written.

const THIN_SPACE = "\u202f";
const NOTHING = "\u2013";

function isNumber(value) {
  return value !== null && value !== undefined;
}

/** 0.10223 -> "10.22 %"; nothing to divide by -> a dash. */
function percent(rate, digits = 2) {
  return isNumber(rate) ? `${(100 * rate).toFixed(digits)}${THIN_SPACE}%` : NOTHING;
}

/** 12345 -> "12 345". */
function count(number) {
  return isNumber(number) ? String(number).replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE) : NOTHING;
}

function counted(number, singular, plural = `${singular}s`) {
  return `${count(number)} ${number === 1 ? singular : plural}`;
}

function seconds(value, digits = 1) {
  return isNumber(value) ? `${value.toFixed(digits)}${THIN_SPACE}s` : NOTHING;
}

/** A difference of rates in points of a per cent, with its sign. */
function points(difference) {
  if (!isNumber(difference)) return NOTHING;
  const sign = difference > 0 ? "+" : difference < 0 ? "\u2212" : "\u00b1";
  return `${sign}${Math.abs(100 * difference).toFixed(2)}`;
}

function signed(number) {
  return number > 0 ? `+${number}` : number < 0 ? `\u2212${-number}` : "0";
}

/** A number as short as it is readable: 0.00123 -> "0.00123", 1234567 -> "1.23M". */
function compact(value) {
  if (!isNumber(value)) return NOTHING;
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  if (size !== 0 && size < 1e-3) return Number(value.toPrecision(2)).toExponential().replace("-", "\u2212");
  return trimmed(value);
}

function trimmed(value) {
  return String(Number(value.toPrecision(3)));
}

function intervalWords(interval) {
  if (!interval) return "no interval: too few utterances";
  const range = `${percent(interval.low)} to ${percent(interval.high)}`;
  return `${range} (${Math.round(100 * interval.level)}${THIN_SPACE}% bootstrap over ${interval.unit}s)`;
}
