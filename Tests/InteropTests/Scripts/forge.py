"""forge.py BUNDLE DIRECTORY: writes variants of a good bundle into DIRECTORY that must all be refused.

Some are damaged tars; in others every digest is right and what they name is wrong, as an attacker would make them.
"""
import hashlib
import io
import json
import os
import sys
import tarfile

source, target = sys.argv[1:]
good = open(source, "rb").read()
with tarfile.open(source) as archive:
    headers = [member for member in archive if member.isfile()]
    epoch = int(headers[0].mtime)
    members = [(member.name, archive.extractfile(member).read()) for member in headers]
blobs = {name: content for name, content in members}


def save(name, content):
    with open(os.path.join(target, name + ".tar"), "wb") as file:
        file.write(content)


def tar(entries, format=tarfile.PAX_FORMAT):
    """Entries are (name, content), or (name, content, attributes of the header)."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=format) as archive:
        for name, content, *attributes in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in (attributes[0] if attributes else {}).items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def our_tar(entries, epoch):
    """As Slipway writes one: every header the same but for name, size and checksum, no padding behind the end."""
    output = b""
    for name, content in entries:
        header = bytearray(512)
        for place, field in {
            0: name.encode(), 100: b"000644 \0", 108: b"000000 \0", 116: b"000000 \0", 124: b"%011o " % len(content),
            136: b"%011o " % epoch, 148: b" " * 8, 156: b"0", 257: b"ustar\00000", 329: b"000000 \0", 337: b"000000 \0",
        }.items():
            header[place:place + len(field)] = field
        header[148:156] = b"%06o\0 " % sum(header)
        output += bytes(header) + content + bytes(-len(content) % 512)
    return output + bytes(1024)


def blob_path(digest):
    return "blobs/sha256/" + digest.split(":")[1]


def put(files, content):
    """Adds a blob; returns its digest."""
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    files[blob_path(digest)] = content
    return digest


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def rebuilt(part, change, public_only=False):
    """The bundle after `change(manifest, files)` of one of its two manifests, with every digest above it made right.

    Holds no blob that nothing names, in Slipway's own order: the change itself is all that can be found. `public_only` leaves
    the secret part away.
    """
    files, names = dict(blobs), {name: name for name, _ in members}

    def exchange(descriptor, content):
        old = blob_path(descriptor["digest"])
        replace(descriptor, files, content)
        names[old] = blob_path(descriptor["digest"])

    layout = json.loads(files["index.json"])
    index = json.loads(files[blob_path(layout["manifests"][0]["digest"])])
    kept = {"oci-layout", "index.json"}
    for entry in index["manifests"]:
        manifest = json.loads(files[blob_path(entry["digest"])])
        before = [manifest["config"]["digest"]] + [layer["digest"] for layer in manifest["layers"]]
        if entry["annotations"]["dev.slipway.part"] == part:
            change(manifest, files)
            after = [manifest["config"]["digest"]] + [layer["digest"] for layer in manifest["layers"]]
            for old, new in zip(before, after):
                names[blob_path(old)] = blob_path(new)
            exchange(entry, encode(manifest))
        if entry["annotations"]["dev.slipway.part"] == "public" or not public_only:
            kept |= {blob_path(d["digest"]) for d in [entry, manifest["config"]] + manifest["layers"]}
    # Members of an index stand in the order of the specification's own structures.
    exchange(layout["manifests"][0], ordered(index))
    kept.add(blob_path(layout["manifests"][0]["digest"]))
    files["index.json"] = ordered(layout)
    entries = dict.fromkeys(names[name] for name, _ in members)
    return our_tar([(name, files[name]) for name in entries if name in kept], epoch)


def ordered(index):
    def entry(descriptor):
        return {key: descriptor[key] for key in ("mediaType", "digest", "size", "annotations")}

    members = {"schemaVersion": 2, "mediaType": index["mediaType"], "manifests": [entry(d) for d in index["manifests"]]}
    if "annotations" in index:
        members["annotations"] = index["annotations"]
    return json.dumps(members, separators=(",", ":")).encode()


def replace(descriptor, files, content):
    descriptor.update(digest=put(files, content), size=len(content))


def layer(manifest, title):
    return next(layer for layer in manifest["layers"] if layer.get("annotations", {}).get("org.opencontainers.image.title") == title)


def change_files(title, entries):
    """Replaces a tar layer's members."""
    return lambda manifest, files: replace(layer(manifest, title), files, tar(entries))


def change_description(change):
    def apply(manifest, files):
        description = json.loads(files[blob_path(manifest["config"]["digest"])])
        old = manifest["config"]["digest"].split(":")[1].encode()
        change(description)
        replace(manifest["config"], files, encode(description))
        # What follows from the description names it.
        new = manifest["config"]["digest"].split(":")[1].encode()
        for title in ["sbom.spdx.json", "provenance.intoto.json"]:
            document = layer(manifest, title)
            replace(document, files, files[blob_path(document["digest"])].replace(old, new))
    return apply


# Not a bundle, or not all of it.
save("empty", b"")
save("text", b"version: 1\nname: ha\n" * 100)
save("zeros", bytes(10240))
save("noise", hashlib.sha512(b"noise").digest() * 4000)
for percent in [1, 10, 50, 90, 99]:
    save(f"truncated-{percent}", good[: len(good) * percent // 100])
first_blob = next(i for i in range(len(good) // 2, len(good), 512) if any(good[i:i + 512]))
save("bit-flipped", good[:first_blob] + bytes([good[first_blob] ^ 1]) + good[first_blob + 1:])
save("no-index", tar((name, content) for name, content in members if name != "index.json"))
save("no-marker", tar((name, content) for name, content in members if name != "oci-layout"))
save("missing-blob", tar(members[:-1]))

# Members that have no business in an OCI layout.
extras = {
    "traversal": ("../../slipway-escaped", b"x"),
    "absolute": ("/slipway-escaped", b"x"),
    "symbolic-link": ("blobs/link", b"", {"type": tarfile.SYMTYPE, "linkname": "/"}),
    "hard-link": ("blobs/sha256/link", b"", {"type": tarfile.LNKTYPE, "linkname": "index.json"}),
    "device": ("device", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}),
    "fifo": ("fifo", b"", {"type": tarfile.FIFOTYPE}),
    "newline": ("blobs/\nsha256", b"x"),
}
for name, entry in extras.items():
    save("member-" + name, tar([entry] + members))
save("member-duplicate-index", tar(members + [("index.json", blobs["index.json"])]))
save("member-duplicate-blob", tar(members + [members[-1]]))

# Sizes that no file has.
header = tarfile.TarInfo("index.json")
header.size = 1 << 62
save("absurd-size", header.tobuf(tarfile.GNU_FORMAT) + good)
header = tarfile.TarInfo("index.json")
header.size = 8 << 30
save("size-beyond-the-end", header.tobuf(tarfile.GNU_FORMAT) + good)

# JSON.
for name, text in {
    "cut": blobs["index.json"][:-20], "deep": b"[" * 200_000, "number": b"1e999999999", "empty": b"",
    "not-utf8": b'{"schemaVersion": 2, "\xff": 1}', "other-type": b'{"schemaVersion": "2", "manifests": {}}',
    "twice": b'{"schemaVersion": 2, "schemaVersion": 2, "manifests": []}', "no-manifest": b'{"schemaVersion": 2, "manifests": []}',
}.items():
    save("index-" + name, tar([("index.json", text)] + [(n, c) for n, c in members if n != "index.json"]))
layout = json.loads(blobs["index.json"])
for name, digest in {"short": "sha256:abc", "path": "sha256:../../../../etc/passwd", "other": "md5:" + "0" * 32}.items():
    layout["manifests"][0]["digest"] = digest
    save("digest-" + name, tar([("index.json", encode(layout))] + [(n, c) for n, c in members if n != "index.json"]))

# Every digest right, the content hostile.
for name, path in {"traversal": "../../../../slipway-escaped", "absolute": "//slipway-escaped", "dot": "etc/./x"}.items():
    save("files-" + name, rebuilt("secret", change_files("etcd-1.tar", [(path, b"x")])))
    save("operator-" + name, rebuilt("secret", change_files("operator.tar", [(path, b"x")])))
link = ("etc", b"", {"type": tarfile.SYMTYPE, "linkname": "/"})
save("files-link", rebuilt("secret", change_files("etcd-1.tar", [link, ("etc/slipway-escaped", b"x")])))
save("operator-link", rebuilt("secret", change_files("operator.tar", [link, ("etc/slipway-escaped", b"x")])))
save("files-are-no-tar", rebuilt("secret", lambda m, f: replace(layer(m, "etcd-1.tar"), f, b"not a tar" * 10000)))
own = blobs[blob_path(layer(json.loads(blobs[blob_path(next(
    entry["digest"] for entry in json.loads(blobs[blob_path(json.loads(blobs["index.json"])["manifests"][0]["digest"])])["manifests"]
    if entry["annotations"]["dev.slipway.part"] == "secret"))]), "etcd-1.tar")["digest"])]
save("files-cut", rebuilt("secret", lambda m, f: replace(layer(m, "etcd-1.tar"), f, own[:8192])))
save("seed-of-another", rebuilt("secret", lambda m, f: layer(m, "etcd-1.tar").update(
    {key: layer(m, "etcd-2.tar")[key] for key in ("digest", "size")})))


def without(key):
    """A layer's descriptor loses, doubles or moves."""
    def change(manifest, files):
        layers = manifest["layers"]
        if key == "doubled":
            layers.insert(1, layers[0])
        elif key == "undescribed":
            layers.insert(0, dict(layers[0], annotations=dict(layers[0].get("annotations", {}), **{"dev.slipway.machine": "ghost"})))
        elif key == "missing":
            del layers[0]
        elif key == "swapped":
            layers[0], layers[1] = layers[1], layers[0]
    return change


for kind in ["doubled", "undescribed", "missing", "swapped"]:
    for part in ["public", "secret"]:
        save(f"layer-{kind}-{part}", rebuilt(part, without(kind)))
save("public-layer-doubled", rebuilt("public", without("doubled"), public_only=True))


def with_member(name, content, mode=0o644):
    """One more member in a machine's own files, all else as it was."""
    def change(manifest, files):
        old = files[blob_path(layer(manifest, "etcd-1.tar")["digest"])]
        replace(layer(manifest, "etcd-1.tar"), files, old[:-1024] + our_tar([(name, content)], epoch))
    return change


save("files-one-more", rebuilt("secret", with_member("files/etc/cron.d/evil", b"* * * * * root true\n")))
save("files-user-data-twice", rebuilt("secret", with_member("seed/user-data", b"#cloud-config\n")))


def alter(title, old, new):
    """The same number of bytes, other bytes, in a machine's own files."""
    def change(manifest, files):
        content = files[blob_path(layer(manifest, title)["digest"])]
        assert old in content, (title, old)
        replace(layer(manifest, title), files, content.replace(old, new, 1))
    return change


save("user-data-runs-more", rebuilt("secret", alter("etcd-1.tar", b"systemctl start --no-block", b"systemctl stop  --no-block")))
save("user-data-lets-in", rebuilt("secret", alter("etcd-1.tar", b'ssh_authorized_keys:\n      - "ssh', b'ssh_authorized_keys:\n      - "Xsh')))
save("files-other-mode", rebuilt("secret", alter("etcd-1.tar", b"000600 ", b"000644 ")))
save("launch-changed", rebuilt("public", alter("launch.json", b'"cpus":', b'"cpus": ')))
save("operator-one-more", rebuilt("secret", lambda m, f: replace(layer(m, "operator.tar"), f,
     f[blob_path(layer(m, "operator.tar")["digest"])][:-1024] + our_tar([("zz-more", b"x")], epoch))))
save("appended", good + bytes(512))
save("appended-text", good + b"x" * 512)
save("packed-by-another", tar(members, tarfile.USTAR_FORMAT))
save("not-canonical", rebuilt("public", lambda m, f: replace(m["config"], f, f[blob_path(m["config"]["digest"])] + b"\n")))
save("blob-nobody-names", our_tar(members[:-1] + [(blob_path("sha256:" + hashlib.sha256(b"x").hexdigest()), b"x")] + members[-1:], epoch))


def rename_machine(description):
    description["machines"][0]["name"] = "../../../slipway-escaped"


def move_file(description):
    description["files"][5]["path"] = "/../../../../slipway-escaped"


def set_mode(description):
    description["files"][5]["mode"] = "6755"


def second_machine(description):
    description["machines"].append(description["machines"][3])


def other_address(description):
    description["machines"][0]["address"] = "192.168.64.99"


def other_unit(description):
    description["configurations"][0]["units"].append({"name": "evil.service", "enable": True, "restartOn": []})


def unused_file(description):
    description["files"].append(dict(description["files"][0], path="/etc/evil"))


def open_file_changed(description):
    next(file for file in description["files"] if "digest" in file)["digest"] = "sha256:" + "0" * 64


for name, change in {"machine": rename_machine, "path": move_file, "setuid": set_mode, "machine-twice": second_machine,
                     "address": other_address, "unit": other_unit, "unused-file": unused_file,
                     "open-file": open_file_changed}.items():
    save("description-" + name, rebuilt("public", change_description(change)))
    save("public-description-" + name, rebuilt("public", change_description(change), public_only=True))
save("description-is-no-json", rebuilt("public", lambda m, f: replace(m["config"], f, b"{")))

# What reaches paths and command lines of a host that brings the machines up.
def change_launch(change):
    def apply(manifest, files):
        launch = layer(manifest, "launch.json")
        plan = json.loads(files[blob_path(launch["digest"])])
        change(plan)
        replace(launch, files, encode(plan))
        # The description vouches for it, so that only what it says is left to be refused.
        named = {"digest": launch["digest"], "size": launch["size"]}
        change_description(lambda description: description["launch"].update(named))(manifest, files)
    return apply


for name, change in {
    "name": lambda plan: plan["machines"][0].update(name="../../../slipway-escaped"),
    "gateway": lambda plan: plan.update(gateway=plan["gateway"] + "\nlink delete eth0"),
    "address": lambda plan: plan["machines"][0].update(address="192.168.64.10\nlink delete eth0"),
    "mac": lambda plan: plan["machines"][0].update(mac="d6:b6:67:57:6a:55,romfile=/etc/passwd"),
    "uuid": lambda plan: plan["machines"][0].update(uuid="--bind=/"),
    "subnet": lambda plan: plan.update(subnet="0.0.0.0/0 dev eth0"),
    "image": lambda plan: plan["machines"][0].update(image="../../../../etc/passwd"),
}.items():
    save("launch-" + name, rebuilt("public", change_launch(change)))

# Not refused: what all of the above was made with changes nothing by itself.
os.mkdir(os.path.join(target, "good"))
save("good/rebuilt", rebuilt("public", lambda manifest, files: None))
save("good/public", rebuilt("public", lambda manifest, files: None, public_only=True))
