"""Documents: JSON, or YAML with JSON's types only, and where in a file each of their values stands.

reading.py        one loader, for files and standard input
document.py       a value, with line and column of every part
json_text.py      JSON, strictly
yaml_text.py      YAML: its keys, merges and tags
json_yaml.py      YAML's scalars: JSON's types and nothing else
yaml_problems.py  what YAML's parser says, in the author's words
"""
