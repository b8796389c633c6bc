"""Reports as one HTML page that needs nothing else: no network, no server, no build step.

`document` joins the files of ``assets/`` and the data to a page; `score_data` and `training_data` say what the data of
a report are; `sounds` finds and packs the recordings. What is drawn is drawn in the browser by ``assets/*.js``, one
concept a file.
"""
