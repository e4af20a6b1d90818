"""parse.py DIRECTORY: parses every file below it in the format that its name tells.

Prints how many files of each format were read; a file that does not parse, or whose format is not known here, is named
and makes the exit status 1. Stricter than the parsers by themselves: a key that stands twice is an error.
"""
import collections
import configparser
import json
import os
import re
import subprocess
import sys
import tomllib

import hcl2
import yaml


class StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key, count in collections.Counter(keys).items() if count > 1]
        if twice:
            raise ValueError(f"key stands twice: {twice}")
        return super().construct_mapping(node, deep)


def no_duplicates(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return dict(pairs)


def parse_yaml(text):
    documents = list(yaml.load_all(text, Loader=StrictLoader))
    if not documents or any(document is None for document in documents):
        raise ValueError("an empty document")


def parse_ini(text):
    configparser.ConfigParser(strict=True, allow_no_value=True, interpolation=None).read_string(text)


def parse_unit(text):
    """What systemd-analyze does not tell: every line is a section, a comment, or KEY=VALUE."""
    lines = text.replace("\\\n", "").splitlines()
    wrong = [line for line in lines if line and not re.match(r"[#;]|\[[A-Z]\w*\]$|[A-Za-z]+=", line)]
    if wrong:
        raise ValueError(wrong[0])


def parse_shell(text):
    checked = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, timeout=20)
    if checked.returncode:
        raise ValueError(checked.stderr)


def parse_environment(text):
    wrong = [line for line in text.splitlines() if line and not re.match(r"#|[A-Z_][A-Z0-9_]*=", line)]
    if wrong:
        raise ValueError(wrong[0])


def parse_pem(text):
    marks = re.findall(r"-----(BEGIN|END) ([A-Z ]+)-----\n", text)
    if not marks or [word for word, _ in marks] != ["BEGIN", "END"] * (len(marks) // 2):
        raise ValueError("not PEM")


def parse_text(text):
    if not text.endswith("\n") or re.search(r"[ \t]\n|\r|\{\{|\}\}", text):
        raise ValueError("trailing blanks, no newline at the end, or a place of the template left open")


PARSERS = {
    "yaml": parse_yaml,
    "toml": tomllib.loads,
    "hcl": hcl2.loads,
    "json": lambda text: json.loads(text, object_pairs_hook=no_duplicates),
    "ini": parse_ini,
    "unit": parse_unit,
    "sh": parse_shell,
    "python": lambda text: compile(text, "script", "exec"),
    "environment": parse_environment,
    "pem": parse_pem,
    "text": parse_text,
}

BY_NAME = [
    (r"\.ya?ml$|/(user-data|meta-data|network-config)$|kubeconfig$|\.kube/config$", "yaml"),
    (r"\.toml$", "toml"),
    (r"\.hcl$", "hcl"),
    (r"\.(json|conflist)$", "json"),
    (r"ansible\.cfg$|(timesyncd|system)\.conf\.d/|\.service\.d/|\.link$", "ini"),
    (r"\.service$", "unit"),
    (r"\.env$", "environment"),
    (r"profile\.d/.*\.sh$", "sh"),
    (r"\.(crt|key)$|/sa\.pub$|_key$|/id_(operator|ed25519)$", "pem"),
    (r"\.pub$|authorized_keys\.d/|/(ssh_)?known_hosts$|/etc/(hosts|hostname|ansible/hosts)$|/operator/hosts$", "text"),
    (r"/ssh_config$|ssh(d)?_config\.d/|apt\.conf\.d/|sysctl\.d/|modules-load\.d/|haproxy\.cfg$|keepalived\.conf$|/resolv\.conf$|\.disabled$", "text"),
]


def format_of(path, text):
    if text.startswith("#!"):
        return "python" if "python" in text.splitlines()[0] else "sh"
    return next((name for pattern, name in BY_NAME if re.search(pattern, path)), None)


def main():
    read, failed = collections.Counter(), []
    for folder, _, names in os.walk(sys.argv[1]):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            kind = format_of(path, text)
            try:
                if kind is None:
                    raise ValueError("no parser is known for this name")
                PARSERS[kind](text)
                read[kind] += 1
            except Exception as error:  # whatever a parser raises, the file is at fault
                failed.append(f"{path}: {kind}: {type(error).__name__}: {error}")
    for kind, count in sorted(read.items()):
        print(f"{kind}: {count}")
    for failure in failed:
        print(failure)
    sys.exit(1 if failed else 0)


main()
