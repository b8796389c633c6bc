"""Recognisers of whole files: ``build`` returns a function that transcribes all of a task's recordings once."""
