import Archive
import BundleFormat
import Unbundling
import Values

/// The smallest bundle that has everything a bundle can have: one machine, a file of each kind, both parts.
struct SmallBundle {
    /// The bundle's documents by themselves.
    struct Documents {
        let description, launch, machine, manifest, index: [UInt8]
    }

    /// In the order of the file, documents last.
    let layout: PackedLayout
    let documents: Documents

    static func make() throws -> SmallBundle {
        let contents: [(json: JSONValue, bytes: [UInt8])] = [
            open("/etc/hostname", "m\n"), open("meta-data", "instance-id: m\n"), open("network-config", "version: 2\n"),
            closed("user-data", .derived, "#cloud-config\n"), closed("/etc/key", .secret, "secret\n"),
        ]
        let launch = CanonicalJSON.encode(launchPlan)
        let description = try BundleDescription(
            decoding: JSONCursor(description(files: contents.map(\.json), launch: launch)))
        let layout = BundleLayout(description: description)
        let epoch = description.epoch.secondsSince1970

        let own = try OwnFiles.bytes(
            zip(description.files, contents).filter { $0.0.exposure != .open }.map { (OwnFiles.Entry($0), $1.bytes) },
            epoch: epoch)
        let operatorFiles = try OwnFiles.bytes(
            description.operatorFiles.map { (OwnFiles.Entry($0), Array("key\n".utf8)) }, epoch: epoch)
        let config = CanonicalJSON.encode(description.json)
        let publicPart = CanonicalJSON.encode(
            try layout.publicManifest(
                config: Descriptor(
                    mediaType: MediaTypes.description, digest: Digest(hashing: config), size: Int64(config.count))
            ).json)
        let secretPart = CanonicalJSON.encode(layout.secretManifest(layers: [entry(own), entry(operatorFiles)]).json)
        let index = layout.index(publicPart: entry(publicPart), secretPart: entry(secretPart)).encoded
        let blobs =
            contents.prefix(3).map(\.bytes) + [own, launch, operatorFiles, config]
            + layout.documents(about: Digest(hashing: config)).map(\.bytes)
            + [publicPart, BundleLayout.emptyConfigBytes, secretPart, index]
        let machine = description.manifest(of: description.machines[0]) { ($0.digest ?? .none, $0.size ?? 7) }
        return SmallBundle(
            layout: PackedLayout(
                members: [(ImageLayout.markerPath, CanonicalJSON.encode(ImageLayout.marker))]
                    + blobs.map { (Digest(hashing: $0).blobPath, $0) }
                    + [(ImageLayout.indexPath, layout.topIndex(of: entry(index)).encoded)], epoch: epoch),
            documents: Documents(
                description: config, launch: launch, machine: CanonicalJSON.encode(machine.json), manifest: publicPart,
                index: index))
    }

    private static func name(of bytes: [UInt8]) -> [UInt8] { Array(Digest(hashing: bytes).hex.utf8) }

    private static func entry(_ bytes: [UInt8]) -> (digest: Digest, size: Int64) {
        (Digest(hashing: bytes), Int64(bytes.count))
    }

    private static func open(_ path: String, _ text: String) -> (JSONValue, [UInt8]) {
        let bytes = Array(text.utf8)
        var json = file(path, .open)
        json["digest"] = .string("\(Digest(hashing: bytes))")
        json["size"] = .integer(Int64(bytes.count))
        return (.object(json), bytes)
    }

    private static func closed(_ path: String, _ exposure: Exposure, _ text: String) -> (JSONValue, [UInt8]) {
        let bytes = Array(text.utf8)
        var json = file(path, exposure)
        if path == UserData.path { json["frame"] = .string("\(Digest(hashing: UserData(bytes).frame))") }
        return (.object(json), bytes)
    }

    private static func file(_ path: String, _ exposure: Exposure) -> JSONObject {
        JSONObject([
            ("path", .string(path)), ("mode", exposure == .secret ? "0600" : "0644"), ("owner", "root"),
            ("group", "root"),
            ("exposure", .string(exposure.rawValue)), ("origin", "o"),
        ])
    }

    private static func description(files: [JSONValue], launch: [UInt8]) -> JSONValue {
        [
            "version": 1, "name": "c", "epoch": "2026-01-01T00:00:00Z", "kubernetesVersion": "1.32.0",
            "apiURL": "https://10.0.0.2:6443", "login": "k", "toolVersion": "0", "architecture": "amd64",
            "inputs": ["topology": .string("\(Digest(hashing: Array("t".utf8)))")],
            "launch": ["digest": .string("\(Digest(hashing: launch))"), "size": .integer(Int64(launch.count))],
            "files": .array(files),
            "configurations": [
                ["groups": [], "users": [], "directories": [], "payloads": [], "units": [], "checks": []]
            ],
            "machines": [
                [
                    "name": "m", "role": "jump", "address": "10.0.0.2", "mac": "52:54:00:00:00:01", "line": 1,
                    "files": [0, 1, 2, 3, 4], "configuration": 0,
                ]
            ], "operator": [["path": "key", "mode": "0600", "exposure": "secret", "origin": "o"]], "payloads": [],
            "templates": [],
        ]
    }

    private static let launchPlan: JSONValue = [
        "version": 1, "cluster": "c", "architecture": "amd64", "sharesKernel": true, "subnet": "10.0.0.0/24",
        "gateway": "10.0.0.1", "depotLabel": "SLIPWAY",
        "machines": [
            [
                "name": "m", "role": "jump", "uuid": "6F9619FF-8B86-D011-B42D-00CF4FC964F1", "mac": "52:54:00:00:00:01",
                "address": "10.0.0.2", "cpus": 1, "memoryMiB": 256, "diskMiB": 1024, "image": "i", "seed": "m.iso",
            ]
        ],
    ]
}

/// The members of an image layout in a tar, one of which can be exchanged.
struct PackedLayout {
    private(set) var members: [(path: String, bytes: [UInt8])]
    let epoch: Int64

    func tar() throws -> [UInt8] {
        try TarWriter.bytes(of: members.map { try .file($0.path, $0.bytes, modified: epoch) })
    }

    /// The layout with another content of one member, and every name, digest and size that follows from it, as somebody would make it
    /// who wants it to be believed.
    func replacing(_ number: Int, with content: [UInt8]) -> PackedLayout {
        var changed = self
        changed.members[number].bytes = content
        var pending = [number]
        // What names the changed member changes too, and what names that; nothing names itself.
        while let place = pending.popLast() {
            guard ImageLayout.digest(ofBlobAt: changed.members[place].path) != nil else { continue }
            let (old, bytes) = (changed.members[place].path.suffix(64), changed.members[place].bytes)
            let new = Digest(hashing: bytes)
            guard old != new.hex else { continue }
            changed.members[place].path = new.blobPath
            for other in members.indices where other != number && other != place {
                let before = changed.members[other].bytes
                guard before.count < 64 << 10, before.contains(Array(old.utf8)) else { continue }
                changed.members[other].bytes.replace(Array(old.utf8), with: Array(new.hex.utf8))
                Self.resize(&changed.members[other].bytes, new, bytes.count)
                pending.append(other)
            }
        }
        return changed
    }

    /// Sets the size that stands behind a digest, in the same object.
    private static func resize(_ document: inout [UInt8], _ digest: Digest, _ size: Int) {
        let mark = Array("\"size\":".utf8)
        for start in document.ranges(of: Array(digest.hex.utf8)).map(\.upperBound).reversed() {
            let rest = document[start...].prefix { $0 != UInt8(ascii: "}") }
            guard let found = rest.ranges(of: mark).first else { continue }
            let digits = document[found.upperBound...].prefix { (48...57).contains($0) }
            document.replaceSubrange(digits.indices, with: Array("\(size)".utf8))
        }
    }
}
