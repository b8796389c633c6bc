// One player for all utterances; it stops where the utterance, or the word that was asked for, ends.

const player = {
  audio: html("audio", { controls: true, preload: "metadata", "aria-label": "Sound of the utterance" }),
  start: 0, // of the utterance in the file, seconds
  length: null,
  stopAt: null,
  url: null, // to be given back
  onTime: () => {},
};

function loadSound(utterance, onTime) {
  const sound = soundOf(utterance);
  if (player.url) URL.revokeObjectURL(player.url);
  player.audio.pause();
  Object.assign(player, { start: sound?.start ?? 0, length: utterance.duration ?? null, stopAt: null, onTime });
  player.url = sound?.temporary ? sound.url : null;
  if (sound) player.audio.src = sound.url;
  else player.audio.removeAttribute("src");
  return sound !== null;
}

/** Play from one time of the utterance to another, in seconds from its start; to its end where `to` is left out. */
function play(from, to) {
  const end = to ?? player.length;
  player.stopAt = isNumber(end) ? player.start + end : null;
  player.audio.currentTime = player.start + from;
  player.audio.play().catch((error) => console.info(`no sound: ${error.message}`));
}

function playOrPause() {
  if (!player.audio.hasAttribute("src")) return;
  if (!player.audio.paused) player.audio.pause();
  else play(0);
}

player.audio.addEventListener("loadedmetadata", () => {
  if (player.start) player.audio.currentTime = player.start;
});

player.audio.addEventListener("play", function follow() {
  const now = player.audio.currentTime;
  const last = player.stopAt ?? (player.start && isNumber(player.length) ? player.start + player.length : null);
  if (last !== null && now >= last) {
    player.audio.pause();
    player.stopAt = null;
  }
  player.onTime(now - player.start);
  if (!player.audio.paused) requestAnimationFrame(follow);
});

player.audio.addEventListener("seeked", () => player.onTime(player.audio.currentTime - player.start));
