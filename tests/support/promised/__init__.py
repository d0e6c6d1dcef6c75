"""Which test holds which sentence of the pages, by the sentence's beginning.

admin.py          docs/admin.md
answers.py        docs/answers.md
definitions.py    docs/definitions.md
dev_engine.py     docs/dev-engine.md
engine_faults.py  docs/engine-faults.md
kafka.py          docs/kafka.md
sdk.py            docs/sdk.md
settings.py       docs/reference/settings.md
testing.py        docs/testing.md
ui.py             docs/ui.md
upgrading.py      docs/upgrading.md
verification.py   docs/verification.md
workers.py        docs/workers.md
"""
