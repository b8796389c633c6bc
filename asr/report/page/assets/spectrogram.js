// A spectrogram of a waveform: Hann windows of 25 ms, a Fourier transform of 512 points, levels within 70 dB of the top.

const WINDOW = 400;
const TRANSFORM = 512;
const RANGE_DB = 70;
const COLOURS = {
  light: [
    [255, 255, 255],
    [214, 224, 244],
    [122, 150, 214],
    [58, 63, 150],
    [22, 14, 58],
  ],
  dark: [
    [20, 21, 26],
    [46, 34, 92],
    [140, 49, 116],
    [229, 110, 80],
    [252, 236, 170],
  ],
};

/** Levels in dB, [columns][TRANSFORM / 2], of windows spread evenly over the waveform. */
function spectrogramLevels(waveform, numColumns) {
  const window = Float64Array.from(
    { length: WINDOW },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (WINDOW - 1)),
  );
  const [real, imaginary] = [new Float64Array(TRANSFORM), new Float64Array(TRANSFORM)];
  return Array.from({ length: numColumns }, (_, column) => {
    const middle = Math.round(((column + 0.5) / numColumns) * waveform.length);
    real.fill(0);
    imaginary.fill(0);
    for (let n = 0; n < WINDOW; n++) real[n] = window[n] * (waveform[middle - WINDOW / 2 + n] ?? 0);
    transform(real, imaginary);
    return Float32Array.from(
      { length: TRANSFORM / 2 },
      (_, k) => 10 * Math.log10(real[k] ** 2 + imaginary[k] ** 2 + 1e-10),
    );
  });
}

/** Fourier transform in place, radix 2 (Cooley & Tukey 1965); the length is a power of two. */
function transform(real, imaginary) {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [real[i], real[j], imaginary[i], imaginary[j]] = [real[j], real[i], imaginary[j], imaginary[i]];
  }
  for (let length = 2; length <= size; length *= 2) {
    for (let k = 0; k < length / 2; k++) {
      const angle = (-2 * Math.PI * k) / length;
      butterflies(real, imaginary, length, k, Math.cos(angle), Math.sin(angle));
    }
  }
}

function butterflies(real, imaginary, length, k, cosine, sine) {
  for (let even = k; even < real.length; even += length) {
    const odd = even + length / 2;
    const a = real[odd] * cosine - imaginary[odd] * sine;
    const b = real[odd] * sine + imaginary[odd] * cosine;
    [real[odd], imaginary[odd]] = [real[even] - a, imaginary[even] - b];
    [real[even], imaginary[even]] = [real[even] + a, imaginary[even] + b];
  }
}

/** Paint a waveform on a canvas, a column for each of its pixels, low frequencies below. */
function paintSpectrogram(picture, waveform) {
  const levels = spectrogramLevels(waveform, picture.width);
  const top = levels.reduce((highest, column) => column.reduce((a, b) => Math.max(a, b), highest), -100);
  const stops = COLOURS[matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"];
  const context = picture.getContext("2d");
  const image = context.createImageData(picture.width, picture.height);
  levels.forEach((column, x) => {
    for (let y = 0; y < picture.height; y++) {
      const level = column[picture.height - 1 - y];
      image.data.set([...shade(stops, 1 + (level - top) / RANGE_DB), 255], 4 * (y * picture.width + x));
    }
  });
  context.putImageData(image, 0, 0);
}

/** The colour at a place from 0 to 1 between stops that are evenly spread. */
function shade(stops, place) {
  const at = Math.min(Math.max(place, 0), 0.9999) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  return from.map((value, channel) => value + (at % 1) * (to[channel] - value));
}
