"""A trained model at work: texts of data sets and of sound files, and the files that they are written to."""
