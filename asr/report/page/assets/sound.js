// The sound of an utterance: embedded in the page, a file beside it, or one from a folder that the reader opens.
//
// A page from disk may play a file beside it, but browsers do not let it read the samples: a spectrogram then needs
// embedded sound, a web server, or the folder opened by hand.

const SAMPLE_RATE_HZ = 16000;
const chosenFiles = new Map(); // file name -> files of the folder that the reader has opened

function openFolder(files) {
  for (const file of files) chosenFiles.set(file.name, [...(chosenFiles.get(file.name) ?? []), file]);
}

/** The file of the opened folder whose path has most of its end in common with the one in the report. */
function chosenFile(path) {
  const parts = path.split("/").map(decodeURIComponent).reverse();
  const inCommon = (file) => {
    const own = (file.webkitRelativePath || file.name).split("/").reverse();
    const end = own.findIndex((part, place) => part !== parts[place]);
    return end < 0 ? own.length : end;
  };
  return [...(chosenFiles.get(parts[0]) ?? [])].sort((a, b) => inCommon(b) - inCommon(a))[0] ?? null;
}

function embeddedBytes(utterance) {
  const kept = document.getElementById(`sound-${utterance.index}`);
  if (!kept) return null;
  const binary = atob(kept.textContent);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Where the sound is: {url, start, temporary}; null where there is none.
 *
 * `start` is the utterance's first second in it; a `temporary` url is to be given back.
 */
function soundOf(utterance) {
  const bytes = embeddedBytes(utterance);
  if (bytes)
    return { url: URL.createObjectURL(new Blob([bytes], { type: report.sound_type })), start: 0, temporary: true };
  if (!utterance.audio) return null;
  const file = chosenFile(utterance.audio);
  const start = utterance.offset ?? 0;
  return file ? { url: URL.createObjectURL(file), start, temporary: true } : { url: utterance.audio, start };
}

async function bytesOf(utterance) {
  const embedded = embeddedBytes(utterance);
  if (embedded) return embedded.buffer;
  const file = utterance.audio && chosenFile(utterance.audio);
  if (file) return file.arrayBuffer();
  if (!utterance.audio || !location.protocol.startsWith("http")) return null;
  const answer = await fetch(utterance.audio);
  return answer.ok ? answer.arrayBuffer() : null;
}

/** Samples of the utterance alone, one channel at SAMPLE_RATE_HZ; null where the page may not or cannot read them. */
async function waveformOf(utterance) {
  try {
    const bytes = await bytesOf(utterance);
    if (!bytes) return null;
    const decoder = new OfflineAudioContext(1, 1, SAMPLE_RATE_HZ);
    return spanOf(await decoder.decodeAudioData(bytes), utterance);
  } catch (error) {
    console.info(`${utterance.id}: its sound cannot be decoded: ${error.message}`);
    return null;
  }
}

function spanOf(audio, utterance) {
  const embedded = document.getElementById(`sound-${utterance.index}`);
  const start = embedded ? 0 : Math.round((utterance.offset ?? 0) * SAMPLE_RATE_HZ);
  const stop = utterance.duration ? start + Math.round(utterance.duration * SAMPLE_RATE_HZ) : audio.length;
  const channels = Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel));
  const one = embedded ? channels[0] : channels[utterance.channel];
  const mixed =
    one ?? channels[0].map((_, place) => channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length);
  return mixed.slice(start, stop);
}
