"""Everybody whom `slipway lock topologies/ha.yaml` asks, in one process: their host names, addresses and layouts, with small contents.

    upstream.py DIRECTORY: writes there ca.pem, keys.gpg, hosts and log, listens on ports 443 and 80 of loopback, prints `listening`.

Needs a network namespace of its own, whose /etc/hosts is DIRECTORY/hosts. Layouts as upstream's pages have them: a Kubernetes release has
NAME.sha256, etcd SHA256SUMS, containerd and runc .sha256sum, the plugins .sha256, HashiCorp signs its SHA256SUMS, Ubuntu its archive.
"""
import email.utils
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import ssl
import subprocess
import sys
import tarfile
import threading
import zipfile

ROOT = sys.argv[1]
HOSTS = ["dl.k8s.io", "cdn.dl.k8s.io", "github.com", "objects.githubusercontent.com", "raw.githubusercontent.com", "releases.hashicorp.com",
         "cloud-images.ubuntu.com", "ports.ubuntu.com", "registry.k8s.io", "pkg.registry.example", "registry-1.docker.io", "docker.io",
         "auth.docker.io", "quay.io"]
IMAGE = "application/vnd.oci.image."
LOG = open(f"{ROOT}/log", "a", buffering=1)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def program(name, machine):
    """The header of an ELF program for the machine (62 is x86-64, 183 AArch64), and what tells it from others."""
    return b"\x7fELF\2\1\1\0" + bytes(8) + bytes([2, 0, machine, 0]) + name.encode() * 1000


def tgz(members, machine):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in members:
            info, data = tarfile.TarInfo(name), program(name, machine)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def zipped(name, machine):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o100755 << 16
        archive.writestr(info, program(name, machine))
    return out.getvalue()


def gpg(*arguments, data=b""):
    home = {**os.environ, "GNUPGHOME": f"{ROOT}/gnupg"}
    return subprocess.run(["gpg", "--batch", "--quiet", *arguments], input=data, env=home, check=True, capture_output=True).stdout


def make_keys():
    os.mkdir(f"{ROOT}/gnupg", 0o700)
    gpg("--passphrase", "", "--quick-generate-key", "upstream", "ed25519", "sign", "never")
    open(f"{ROOT}/keys.gpg", "wb").write(gpg("--export"))
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=upstream", "-addext",
                    f"subjectAltName={names}", "-keyout", f"{ROOT}/key.pem", "-out", f"{ROOT}/ca.pem"], check=True, capture_output=True)
    open(f"{ROOT}/hosts", "w").write("".join(f"127.0.0.1 {name}\n" for name in ["localhost", *HOSTS]))


class Archive:
    """Ubuntu's archive for its ports: three suites with the same few packages, haproxy among them with a library that it needs."""
    PACKAGES = [("base-files", "required", ""), ("libc6", "required", ""), ("haproxy", "optional", "libc6, liblua5.4-0 (>= 5.4)"),
                ("liblua5.4-0", "optional", "libc6"), ("conntrack", "optional", "libc6"), ("ethtool", "optional", "libc6"),
                ("ipset", "optional", "libc6"), ("iptables", "optional", "libc6"), ("socat", "optional", "libc6")]

    def __init__(self):
        self.files, stanzas = {}, []
        for name, priority, needs in self.PACKAGES:
            deb, path = self.deb(name, needs), f"pool/main/{name}_5.4.6_arm64.deb"
            self.files[path] = deb
            stanzas.append(f"Package: {name}\nArchitecture: arm64\nVersion: 5.4.6\nPriority: {priority}\n" +
                           (f"Depends: {needs}\n" if needs else "") + f"Filename: {path}\nSize: {len(deb)}\nSHA256: {sha256(deb)}\n")
        for suite in ["noble", "noble-updates", "noble-security"]:
            self.add(suite, "\n".join(stanzas) if suite == "noble" else "")

    def deb(self, name, needs):
        place = f"{ROOT}/debs/{name}"
        os.makedirs(place + "/DEBIAN")
        open(place + "/DEBIAN/control", "w").write(
            f"Package: {name}\nVersion: 5.4.6\nArchitecture: arm64\nMaintainer: nobody <nobody@archive.example>\nDescription: x\n" +
            (f"Depends: {needs}\n" if needs else ""))
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", place, place + ".deb"], check=True, capture_output=True)
        return open(place + ".deb", "rb").read()

    def add(self, suite, text):
        lines = []
        for component in ["main", "universe"]:
            index = text.encode() if component == "main" else b""
            packed, place = gzip.compress(index, mtime=0), f"{component}/binary-arm64"
            self.files[f"dists/{suite}/{place}/by-hash/SHA256/{sha256(packed)}"] = packed
            # The index as it is unpacked stands in the release and not in the archive.
            lines += [f" {sha256(index)} {len(index)} {place}/Packages", f" {sha256(packed)} {len(packed)} {place}/Packages.gz"]
        release = (f"Origin: Ubuntu\nSuite: {suite}\nCodename: noble\nDate: {email.utils.formatdate(usegmt=True)}\n"
                   "Architectures: arm64\nComponents: main universe\nAcquire-By-Hash: yes\nSHA256:\n" + "\n".join(lines) + "\n")
        self.files[f"dists/{suite}/InRelease"] = gpg("--clear-sign", data=release.encode())


class Registry:
    """Any repository with any tag: an index of one image each for amd64 and arm64, all of which share a layer."""

    def __init__(self):
        self.blobs, self.types = {}, {}

    def put(self, data, kind, **more):
        digest = "sha256:" + sha256(data)
        self.blobs[digest], self.types[digest] = data, kind
        return dict(mediaType=kind, digest=digest, size=len(data), **more)

    def image(self, repository, architecture):
        layers = [io.BytesIO(), io.BytesIO()]
        for layer, name in zip(layers, ["shared", f"{repository}-{architecture}"]):
            with tarfile.open(fileobj=layer, mode="w") as tar:
                tar.addfile(tarfile.TarInfo(name.replace("/", "-")))
        plain = [layer.getvalue() for layer in layers]
        config = dict(os="linux", architecture=architecture, config={},
                      rootfs=dict(type="layers", diff_ids=["sha256:" + sha256(data) for data in plain]))
        manifest = dict(schemaVersion=2, mediaType=IMAGE + "manifest.v1+json",
                        config=self.put(json.dumps(config).encode(), IMAGE + "config.v1+json"),
                        layers=[self.put(gzip.compress(data, mtime=0), IMAGE + "layer.v1.tar+gzip") for data in plain])
        return self.put(json.dumps(manifest).encode(), manifest["mediaType"], platform=dict(os="linux", architecture=architecture))

    def index(self, repository):
        images = [self.image(repository, architecture) for architecture in ["amd64", "arm64"]]
        kind = IMAGE + "index.v1+json"
        return self.put(json.dumps(dict(schemaVersion=2, mediaType=kind, manifests=images)).encode(), kind)["digest"]


def release_file(host, path):
    """The bytes at an address of a release, or None. Digests are computed from the file that they stand beside."""
    machine = 183 if "arm64" in path else 62
    published = [(r"(.*)\.sha256", lambda base: f"{sha256(release_file(host, base))}\n"),
                 (r"(.*)\.sha256sum", lambda base: f"{sha256(release_file(host, base))}  {base.split('/')[-1]}\n")]
    if path.endswith("runc.sha256sum"):
        names = ["runc.amd64", "runc.arm64"]
        return "".join(f"{sha256(release_file(host, path.replace('runc.sha256sum', name)))}  {name}\n" for name in names).encode()
    for pattern, text in published:
        if found := re.fullmatch(pattern, path):
            return text(found[1]).encode() if release_file(host, found[1]) else None
    match host, path.split("/"):
        case "dl.k8s.io", ["release", _, "bin", "linux", _, name]:
            return program(name, machine)
        case "github.com", ["etcd-io", "etcd", "releases", "download", version, name]:
            files = [f"etcd-{version}-linux-{arch}" for arch in ["amd64", "arm64"]]
            if name == "SHA256SUMS":
                return "".join(f"{sha256(release_file(host, path.replace(name, f'{file}.tar.gz')))}  {file}.tar.gz\n" for file in files).encode()
            base = name.removesuffix(".tar.gz")
            return tgz([f"{base}/{program}" for program in ["etcd", "etcdctl", "etcdutl"]], machine) if base in files else None
        case "github.com", ["containerd", "containerd", "releases", "download", _, _]:
            return tgz(["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"], machine)
        case "github.com", ["containernetworking", "plugins", "releases", "download", _, _]:
            return tgz(["bridge", "host-local", "loopback", "portmap"], machine)
        case "github.com", ["opencontainers", "runc", "releases", "download", _, name]:
            return program(name, machine)
        case "raw.githubusercontent.com", ["projectcalico", "calico", version, "manifests", "calico.yaml"]:
            registry = "quay.io" if tuple(map(int, re.findall(r"\d+", version)[:2])) >= (3, 31) else "docker.io"
            names = ["cni", "node", "kube-controllers"]
            return "".join(f"        - image: {registry}/calico/{name}:{version}\n" for name in names).encode()
        case "releases.hashicorp.com", ["vault", version, name]:
            archives = [f"vault_{version}_linux_{arch}.zip" for arch in ["amd64", "arm64"]]
            sums = "".join(f"{sha256(release_file(host, f'vault/{version}/{archive}'))}  {archive}\n" for archive in archives).encode() \
                if "SHA256SUMS" in name else b""
            if name.endswith("_SHA256SUMS.sig"):
                return gpg("--detach-sign", data=sums)
            return sums or (zipped("vault", machine) if name in archives else None)
        case "cloud-images.ubuntu.com", ["releases", "24.04", *rest]:
            image = "ubuntu-24.04-server-cloudimg-arm64.img"
            disk = b"QFI\xfb\0\0\0\3" + bytes(1 << 20)
            match rest:
                case [""]:
                    return b'<a href="release-20240423/">release-20240423/</a>\n<a href="release-20261101/">release-20261101/</a>\n'
                case ["release-20261101", name]:
                    sums = f"{sha256(disk)} *{image}\n".encode()
                    return {image: disk, "SHA256SUMS": sums, "SHA256SUMS.gpg": gpg("--detach-sign", data=sums)}.get(name)
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        host, path = self.headers["Host"].split(":")[0], self.path.split("?")[0]
        LOG.write(f"{self.command} {host}{path}\n")
        # As GitHub does, what is fetched comes from elsewhere.
        if host == "github.com":
            return self.answer(302, Location=f"https://objects.githubusercontent.com{path}")
        if host in ["registry.k8s.io", "pkg.registry.example", "registry-1.docker.io", "quay.io"]:
            return self.image(host, path)
        if host == "auth.docker.io":
            return self.answer(200, json.dumps(dict(token="good", expires_in=300)).encode())
        if host == "ports.ubuntu.com":
            data = ARCHIVE.files.get(path.removeprefix("/ubuntu-ports/"))
        else:
            data = release_file("github.com" if host == "objects.githubusercontent.com" else host, path[1:])
        return self.answer(404) if data is None else self.answer(200, data)

    def image(self, host, path):
        if host == "registry-1.docker.io" and self.headers.get("Authorization") != "Bearer good":
            challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:any:pull"'
            return self.answer(401, WWW_Authenticate=challenge)
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/(.+)", path)
        if not found:
            return self.answer(404)
        if found[2] == "blobs" and host == "registry.k8s.io":
            return self.answer(307, Location=f"https://pkg.registry.example{path}")
        digest = found[3] if ":" in found[3] else REGISTRY.index(found[1])
        if digest not in REGISTRY.blobs:
            return self.answer(404)
        return self.answer(200, REGISTRY.blobs[digest], Content_Type=REGISTRY.types[digest], Docker_Content_Digest=digest)


def end_with(parent):
    """However the test ends, the server ends too."""
    while os.getppid() == parent:
        threading.Event().wait(0.5)
    os._exit(0)


make_keys()
ARCHIVE, REGISTRY = Archive(), Registry()
plain = http.server.ThreadingHTTPServer(("127.0.0.1", 80), Handler)
secure = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{ROOT}/ca.pem", f"{ROOT}/key.pem")
secure.socket = context.wrap_socket(secure.socket, server_side=True)
for server in [plain, secure]:
    server.daemon_threads = True
threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
threading.Thread(target=plain.serve_forever, daemon=True).start()
print("listening", flush=True)
secure.serve_forever()
