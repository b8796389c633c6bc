"""Whether one system is better than another on the same utterances: NIST's matched tests, one file each."""
