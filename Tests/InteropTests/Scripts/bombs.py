"""bombs.py SLIPWAY DIRECTORY: has `slipway verify` read bundles that are small on the disk and large in memory.

Prints a line of JSON for each: its name, the exit status, the most bytes of memory, seconds, what was said.
"""
import hashlib
import json
import os
import subprocess
import sys
import time

slipway, directory = sys.argv[1:]
MIB = 1 << 20


def header(name, size, kind=b"0"):
    block = bytearray(512)
    for place, field in {
        0: name.encode(), 100: b"000644 \0", 108: b"000000 \0", 116: b"000000 \0", 124: b"%011o " % size,
        136: b"%011o " % 0, 148: b" " * 8, 156: kind, 257: b"ustar\00000",
    }.items():
        block[place:place + len(field)] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name, content, kind=b"0"):
    return header(name, len(content), kind) + content + bytes(-len(content) % 512)


def descriptor(kind, content, **annotations):
    text = {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}
    return dict(text, annotations=annotations) if annotations else text


def encode(value):
    return json.dumps(value, separators=(",", ":")).encode()


MARKER = member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
OCI = "application/vnd.oci.image."


def bundle(description=b"{}", manifest=None, index=None):
    """As far as a reader comes before it believes any of it."""
    blobs = [description]
    manifest = manifest or encode({
        "schemaVersion": 2, "config": descriptor("application/vnd.slipway.description.v1+json", description), "layers": []})
    entry = descriptor(OCI + "manifest.v1+json", manifest, **{"dev.slipway.part": "public"})
    other = descriptor(OCI + "manifest.v1+json", b"", **{"dev.slipway.part": "secret"})
    inner = encode({"schemaVersion": 2, "manifests": [entry, other]})
    index = index or encode({"schemaVersion": 2, "manifests": [descriptor(OCI + "index.v1+json", inner)]})
    blobs += [manifest, inner]
    files = b"".join(member("blobs/sha256/" + hashlib.sha256(blob).hexdigest(), blob) for blob in blobs)
    return MARKER + files + member("index.json", index) + bytes(1024)


def filled(start, piece, end, size=31 * MIB):
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


LAYER = encode(descriptor("a", b""))
BOMBS = {
    "ones": lambda: bundle(filled(b'{"a":[1', b",1", b"]}")),
    "lists": lambda: bundle(filled(b'{"a":[[1]', b",[1]", b"]}")),
    "objects": lambda: bundle(filled(b'{"a":[1', b',{"a":1}', b"]}")),
    "strings": lambda: bundle(filled(b'{"a":[1', b',"sixteen letters."', b"]}")),
    "keys": lambda: bundle(b"{" + b",".join(b'"%08d":1' % number for number in range(2500000)) + b"}"),
    "unknown": lambda: bundle(encode({"key-that-nobody-knows-%d" % number: number for number in range(200000)})),
    "string": lambda: bundle(filled(b'{"name":"', b"x", b'"}')),
    "deep": lambda: bundle(b"[" * 31 * MIB),
    "large": lambda: bundle(filled(b'{"a":[1', b",1", b"]}", 40 * MIB)),
    "layers": lambda: bundle(manifest=filled(
        b'{"schemaVersion":2,"config":' + LAYER + b',"layers":[' + LAYER, b"," + LAYER, b"]}")),
    "manifests": lambda: bundle(index=filled(
        b'{"schemaVersion":2,"manifests":[' + LAYER, b"," + LAYER, b"]}", MIB - 10)),
    "members": lambda: MARKER + b"".join(
        header("blobs/sha256/%064x" % number, 0) for number in range(100001)) + bytes(1024),
    "name": lambda: MARKER + member("././@LongLink", b"a" * 40 * MIB, b"L") + header("a", 0) + bytes(1024),
    "pax": lambda: MARKER + member("x", b"%d path=%s\n" % (40 * MIB, b"a" * (40 * MIB - 15)), b"x") + bytes(1024),
    "records": lambda: MARKER + b"".join(
        member("x", b"1000 path=" + b"a" * 989 + b"\n", b"x") + header("a%d" % number, 0) for number in range(20000)) + bytes(1024),
}
path = os.path.join(directory, "bomb.tar")
for name, make in BOMBS.items():
    with open(path, "wb") as file:
        file.write(make())
    start = time.time()
    # A child of its own, whose memory alone is asked for; small, because a new process begins with what its parent had.
    script = ("import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
              "print(r.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, r.stderr)")
    done = subprocess.run([sys.executable, "-c", script, slipway, "verify", path], capture_output=True, text=True)
    status, peak, errors = done.stdout.split(" ", 2)
    print(json.dumps({
        "name": name, "status": int(status), "peak": int(peak) * (1 if sys.platform == "darwin" else 1024),
        "seconds": round(time.time() - start, 2), "errors": errors[:3000]}), flush=True)
os.unlink(path)
