"""Every corpus by its name: a new one is one file here and one line in `CORPORA`."""

from asr.errors import ConfigError
from data_prep import an4, common_voice, folder, kaldi, librispeech, mini_librispeech, nemo
from data_prep.corpus import Corpus

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus
    for corpus in (
        an4.CORPUS,
        mini_librispeech.CORPUS,
        *librispeech.CORPORA,
        nemo.CORPUS,
        kaldi.CORPUS,
        common_voice.CORPUS,
        folder.CORPUS,
    )
}


def get_corpus(name: str) -> Corpus:
    """Return the corpus of that name.

    Raises:
        ConfigError: there is none.
    """
    try:
        return CORPORA[name]
    except KeyError:
        raise ConfigError(f"corpus {name!r} is unknown: choose one of {', '.join(CORPORA)}") from None
