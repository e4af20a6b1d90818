"""schema.py SCHEMA FILE...: whether a schema is one of draft 2020-12, and for each YAML file, in a line, "valid", or where it is not,
or why it cannot be read.

YAML is read as 1.2's core schema has it, which editors follow: a date is text, and so is "on".
"""
import json
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8", newline="") as file:
        try:
            document = yaml.load(file, Loader)
        except yaml.YAMLError as error:
            print("not YAML: " + str(error).replace("\n", " "))
            continue
    errors = sorted(validator.iter_errors(document), key=lambda error: error.json_path)
    print(" | ".join(f"{error.json_path}: {error.message}"[:200] for error in errors).replace("\n", " ") or "valid")
