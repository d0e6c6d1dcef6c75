"""The engine as commands see it.

connect.py           from the settings' access to a client
admin_client.py      the routes, its odd answers turned into what they mean
ids.py               ids before they become a part of a URL
pages.py             pages as one stream
many_histories.py    histories of thousands of instances, at less cost
engine_version.py    which version it is, as far as that can be known
version_evidence.py  what an answer proves about the version, without asking
jobs_by_hand.py      a job's outcome, reported by a person
reading.py           parts of an answer, whatever stands there
unknown_values.py    what later versions of the engine may say of instances
error_meaning.py     the SDK's errors as errors of the command line
"""
