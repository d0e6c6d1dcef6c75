"""The engine as commands see it.

admin_client.py  its routes, pages as one stream, its odd answers turned into what they mean
meaning.py       the SDK's errors as errors of the command line
"""
